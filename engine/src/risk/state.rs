//! A risk shard's snapshot, ordered by value, and back. `limits_state` and `guards_state` have their parts of it.

use std::collections::BTreeSet;

use crate::integers::{read_i128, write_i128};
use crate::machine::sessions::Session;
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::vocabulary::{Phase, Reason};

use super::definitions::{new_participant, route};
use super::guards_state::{load_guards, save_guards};
use super::keys::permission::EVERYTHING;
use super::limits_state::{load_limits, save_limits};
use super::model::{Account, Instrument, Link, Participant, Risk};
use super::named::Name;
use super::orders::OrderHandle;
use super::orders_state::{load_name, load_order, save_order};

pub fn save(risk: &Risk, to: &mut Writer) {
    let orders = risk.orders.by_id(|_| true);
    let mut map = SortedMap::default();
    map.add("behaviour_version", |to| to.int(risk.behaviour_version));
    map.add("time", |to| {
        to.array(2);
        to.int(risk.tick);
        to.int(risk.time_ms);
    });
    map.add("orders_issued", |to| to.int(risk.orders_issued));
    map.add("orders", |to| {
        to.array(orders.len());
        for &order in &orders {
            save_order(risk, &risk.orders[order], to);
        }
    });
    save_definitions(risk, &mut map);
    save_participants(risk, &mut map);
    save_lost_books(risk, &orders, &mut map);
    save_links(risk, &orders, &mut map);
    save_limits(risk, &mut map);
    save_guards(risk, &mut map);
    map.write(to);
}

fn save_definitions<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
    map.add("assets", |to| {
        let assets = risk.assets.sorted().into_iter();
        let defined: Vec<_> = assets
            .filter_map(|(_, name, decimals)| Some((name, (*decimals)?)))
            .collect();
        to.map(defined.len());
        for (name, decimals) in defined {
            to.text(name);
            to.int(decimals);
        }
    });
    map.add("routes", |to| {
        to.map(risk.routes.len());
        for (_, name, route) in risk.routes.sorted() {
            to.text(name);
            to.int(route.unanswered);
        }
    });
    map.add("instruments", |to| {
        to.array(risk.instruments.len());
        for (_, name, instrument) in risk.instruments.sorted() {
            save_instrument(risk, name, instrument, to);
        }
    });
    map.add("early_phases", |to| {
        to.map(risk.early_phases.len());
        for (name, phase) in &risk.early_phases {
            to.text(name);
            to.int(phase.number());
        }
    });
    let instruments = risk.instruments.sorted().into_iter();
    let least_display: Vec<_> = instruments
        .filter(|(_, _, instrument)| instrument.least_display_lots != 0)
        .collect();
    map.add_if(!least_display.is_empty(), "least_display", move |to| {
        to.map(least_display.len());
        for (_, name, instrument) in &least_display {
            to.text(name);
            to.int(instrument.least_display_lots);
        }
    });
}

fn save_instrument(risk: &Risk, name: &str, instrument: &Instrument, to: &mut Writer) {
    to.array(5);
    to.array(10);
    to.text(name);
    to.text(risk.assets.name(instrument.base_asset));
    to.text(risk.assets.name(instrument.quote_asset));
    to.int(instrument.price_increment_ticks);
    to.int(instrument.price_min_ticks);
    to.int(instrument.price_max_ticks);
    to.int(instrument.quantity_increment_lots);
    to.int(instrument.quantity_min_lots);
    to.int(instrument.quantity_max_lots);
    to.int(instrument.window);
    to.text(risk.routes.name(instrument.route));
    write_i128(instrument.lot_units, to);
    write_i128(instrument.tick_lot_units, to);
    to.int(instrument.phase.number());
}

fn save_participants<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
    map.add("participants", |to| {
        to.array(risk.participants.len());
        for (_, name, participant) in risk.participants.sorted() {
            save_participant(risk, name, participant, to);
        }
    });
    let participants = risk.participants.sorted().into_iter();
    let rates: Vec<_> = participants
        .filter(|(_, _, each)| each.orders_per_s_max != 0)
        .collect();
    map.add_if(!rates.is_empty(), "rates", move |to| {
        to.array(rates.len());
        for (_, name, participant) in &rates {
            to.array(4);
            to.text(name);
            to.int(participant.orders_per_s_max);
            to.int(participant.second);
            to.int(participant.orders_in_second);
        }
    });
    map.add("accounts", |to| {
        to.array(risk.accounts.len());
        for (_, name, account) in risk.accounts.sorted() {
            save_account(risk, name, account, to);
        }
    });
    map.add("early_deposits", |to| {
        to.array(risk.early_deposits.len());
        for (account_id, deposits) in &risk.early_deposits {
            to.array(2);
            to.text(account_id);
            to.array(deposits.len());
            for &(asset, amount) in deposits {
                to.array(2);
                to.text(risk.assets.name(asset));
                write_i128(amount, to);
            }
        }
    });
    save_keys(risk, map);
}

fn save_participant(risk: &Risk, name: &str, participant: &Participant, to: &mut Writer) {
    to.array(2);
    to.array(10);
    to.text(name);
    to.text(&participant.reports);
    to.int(participant.slot);
    to.int(participant.maker_fee_rate);
    to.int(participant.taker_fee_rate);
    to.int(participant.open_orders_max);
    to.int(participant.commands_in_flight_max);
    to.int(participant.open_orders);
    to.int(participant.unanswered);
    to.int(participant.last_sequence);
    to.array(participant.notional_max.len());
    for asset in risk.assets.sort(participant.notional_max.keys().copied()) {
        to.array(2);
        to.text(risk.assets.name(asset));
        write_i128(participant.notional_max[&asset], to);
    }
}

fn save_account(risk: &Risk, name: &str, account: &Account, to: &mut Writer) {
    to.array(4);
    to.text(name);
    to.text(risk.participants.name(account.participant));
    let mut balances = account.balances().to_vec();
    balances.sort_unstable_by_key(|&(asset, _)| risk.assets.name(asset));
    to.array(balances.len());
    for (asset, balance) in balances {
        to.array(3);
        to.text(risk.assets.name(asset));
        write_i128(balance.total, to);
        write_i128(balance.reserved, to);
    }
    to.array(account.recent.len());
    for name in account.recent.iter() {
        to.text(name);
    }
}

fn save_keys<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
    let keys = risk.keys.sorted();
    let sessions: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((&key.public_key, key.session.as_ref()?)))
        .collect();
    map.add("sessions", move |to| {
        to.array(sessions.len());
        for (public_key, session) in &sessions {
            to.array(2);
            to.bin(*public_key);
            session.write(to);
        }
    });
    let restricted: Vec<_> = keys
        .into_iter()
        .filter(|key| key.permissions != EVERYTHING)
        .collect();
    map.add_if(!restricted.is_empty(), "restricted", move |to| {
        to.array(restricted.len());
        for key in &restricted {
            to.array(2);
            to.bin(&key.public_key);
            to.int(key.permissions);
        }
    });
}

fn save_lost_books<'a>(risk: &'a Risk, orders: &[OrderHandle], map: &mut SortedMap<'a>) {
    save_ids(
        map,
        "released",
        ids(risk, orders, |risk, order| risk.orders[order].released),
    );
    let instruments = risk.instruments.sorted().into_iter();
    let lost: Vec<_> = instruments
        .filter_map(|(_, name, instrument)| Some((name, instrument.lost.as_ref()?)))
        .collect();
    map.add_if(!lost.is_empty(), "lost", move |to| {
        to.map(lost.len());
        for (name, given_up) in &lost {
            to.text(name);
            to.map(given_up.len());
            for participant in risk.participants.sort(given_up.keys().copied()) {
                to.text(risk.participants.name(participant));
                to.int(given_up[&participant]);
            }
        }
    });
    let mass_cancels: Vec<_> = orders
        .iter()
        .filter_map(|&order| Some((risk.orders[order].order_id, risk.orders[order].mass_cancel?)))
        .collect();
    map.add_if(!mass_cancels.is_empty(), "mass_cancels", move |to| {
        to.array(mass_cancels.len());
        for (order_id, reason) in &mass_cancels {
            to.array(2);
            to.int(*order_id);
            to.int(reason.number());
        }
    });
}

fn save_links<'a>(risk: &'a Risk, orders: &[OrderHandle], map: &mut SortedMap<'a>) {
    let links: Vec<&Link> = orders
        .iter()
        .filter_map(|&order| Some((order, &risk.links[risk.orders[order].link?])))
        .filter(|(order, link)| *order == link.limit)
        .map(|(_, link)| link)
        .collect();
    map.add_if(!links.is_empty(), "links", move |to| {
        to.array(links.len());
        for link in &links {
            to.array(4);
            to.int(risk.orders[link.limit].order_id);
            to.int(risk.orders[link.stop].order_id);
            to.optional_int(link.entry.map(|entry| risk.orders[entry].order_id));
            to.int(link.filled_lots);
        }
    });
    save_ids(
        map,
        "parked",
        ids(risk, orders, |risk, order| risk.orders[order].parked),
    );
    save_ids(
        map,
        "doomed",
        ids(risk, orders, |risk, order| risk.orders[order].doomed),
    );
}

fn ids(risk: &Risk, orders: &[OrderHandle], is_meant: impl Fn(&Risk, OrderHandle) -> bool) -> Vec<i64> {
    let meant = orders.iter().filter(|&&order| is_meant(risk, order));
    meant.map(|&order| risk.orders[order].order_id).collect()
}

fn save_ids(map: &mut SortedMap<'_>, key: &'static str, ids: Vec<i64>) {
    map.add_if(!ids.is_empty(), key, move |to| {
        to.array(ids.len());
        for &id in &ids {
            to.int(id);
        }
    });
}

pub fn load(risk: &mut Risk, from: &mut Reader<'_>) -> Read<()> {
    let entries = Entries::read(from)?;
    *risk = Risk::new(risk.shard);
    risk.behaviour_version = entries.need("behaviour_version")?.int()?;
    let mut time = entries.need("time")?;
    time.array_of(2)?;
    (risk.tick, risk.time_ms) = (time.int()?, time.int()?);
    risk.orders_issued = entries.need("orders_issued")?.int()?;
    load_definitions(risk, &entries)?;
    load_participants(risk, &entries)?;
    load_accounts(risk, &entries)?;
    load_keys(risk, &entries)?;
    load_guards(risk, &entries)?;
    load_orders(risk, &entries)?;
    load_lost_books(risk, &entries)?;
    load_links(risk, &entries)?;
    load_limits(risk, &entries)
}

fn load_definitions(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let mut assets = entries.need("assets")?;
    for _ in 0..assets.map()? {
        let asset = risk.asset(assets.text()?);
        risk.assets[asset] = Some(assets.int()?);
    }
    let mut routes = entries.need("routes")?;
    for _ in 0..routes.map()? {
        let route = route(&mut risk.routes, routes.text()?);
        risk.routes[route].unanswered = routes.int()?;
    }
    let mut instruments = entries.need("instruments")?;
    for _ in 0..instruments.array()? {
        load_instrument(risk, &mut instruments)?;
    }
    let mut phases = entries.need("early_phases")?;
    for _ in 0..phases.map()? {
        let name = phases.text()?.into();
        risk.early_phases.insert(name, phase(phases.int()?)?);
    }
    let Some(mut least_display) = entries.get("least_display") else {
        return Ok(());
    };
    for _ in 0..least_display.map()? {
        let instrument = risk.instruments.found(least_display.text()?)?;
        risk.instruments[instrument].least_display_lots = least_display.int()?;
    }
    Ok(())
}

fn load_instrument(risk: &mut Risk, from: &mut Reader<'_>) -> Read<()> {
    from.array_of(5)?;
    from.array_of(10)?;
    let name = from.text()?;
    let (base_asset, quote_asset) = (risk.asset(from.text()?), risk.asset(from.text()?));
    let mut numbers = [0; 7];
    for number in &mut numbers {
        *number = from.int()?;
    }
    let [increment, min, max, lots_increment, lots_min, lots_max, window] = numbers;
    let instrument = Instrument {
        route: route(&mut risk.routes, from.text()?),
        base_asset,
        quote_asset,
        lot_units: read_i128(from)?,
        tick_lot_units: read_i128(from)?,
        price_increment_ticks: increment,
        price_min_ticks: min,
        price_max_ticks: max,
        quantity_increment_lots: lots_increment,
        quantity_min_lots: lots_min,
        quantity_max_lots: lots_max,
        window,
        phase: phase(from.int()?)?,
        least_display_lots: 0,
        collar: None,
        lost: None,
    };
    risk.instruments.add(name, instrument);
    Ok(())
}

fn phase(number: i64) -> Read<Phase> {
    Phase::from_number(number).ok_or(Malformed("a phase of no name"))
}

fn load_participants(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let mut from = entries.need("participants")?;
    for _ in 0..from.array()? {
        from.array_of(2)?;
        from.array_of(10)?;
        let name = from.text()?;
        let mut participant = new_participant(name);
        participant.reports = Name::from(from.text()?);
        participant.slot = from.int()?;
        participant.maker_fee_rate = from.int()?;
        participant.taker_fee_rate = from.int()?;
        participant.open_orders_max = from.int()?;
        participant.commands_in_flight_max = from.int()?;
        participant.open_orders = from.int()?;
        participant.unanswered = from.int()?;
        participant.last_sequence = from.int()?;
        for _ in 0..from.array()? {
            from.array_of(2)?;
            let asset = risk.asset(from.text()?);
            participant.notional_max.insert(asset, read_i128(&mut from)?);
        }
        risk.participants.add(name, participant);
    }
    let Some(mut rates) = entries.get("rates") else {
        return Ok(());
    };
    for _ in 0..rates.array()? {
        rates.array_of(4)?;
        let participant = risk.participants.found(rates.text()?)?;
        let participant = &mut risk.participants[participant];
        participant.orders_per_s_max = rates.int()?;
        participant.second = rates.int()?;
        participant.orders_in_second = rates.int()?;
    }
    Ok(())
}

fn load_accounts(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let mut from = entries.need("accounts")?;
    for _ in 0..from.array()? {
        from.array_of(4)?;
        let name = from.text()?;
        let participant = risk.participants.found(from.text()?)?;
        let account = risk.add_account(name, participant);
        for _ in 0..from.array()? {
            from.array_of(3)?;
            let asset = risk.asset(from.text()?);
            let balance = risk.accounts[account].balance(asset);
            (balance.total, balance.reserved) = (read_i128(&mut from)?, read_i128(&mut from)?);
        }
        for _ in 0..from.array()? {
            let name = load_name(&mut from)?;
            risk.remember(account, &name);
        }
    }
    let mut early = entries.need("early_deposits")?;
    for _ in 0..early.array()? {
        early.array_of(2)?;
        let account_id = early.text()?;
        let mut deposits = Vec::new();
        for _ in 0..early.array()? {
            early.array_of(2)?;
            deposits.push((risk.asset(early.text()?), read_i128(&mut early)?));
        }
        risk.early_deposits.insert(account_id.into(), deposits);
    }
    Ok(())
}

fn load_keys(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let mut sessions = entries.need("sessions")?;
    for _ in 0..sessions.array()? {
        sessions.array_of(2)?;
        let public_key = sessions.bin_of()?;
        let session = Session::read(*public_key, &mut sessions)?;
        let participant = risk.participants.find(&session.owner);
        let id = risk.keys.entry(public_key);
        let key = &mut risk.keys[id];
        (key.session, key.participant) = (Some(session), participant);
    }
    let Some(mut restricted) = entries.get("restricted") else {
        return Ok(());
    };
    for _ in 0..restricted.array()? {
        restricted.array_of(2)?;
        let id = risk.keys.entry(restricted.bin_of()?);
        risk.keys[id].permissions = restricted.int()?;
    }
    Ok(())
}

fn load_orders(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let released: BTreeSet<i64> = load_ids(entries, "released")?.into_iter().collect();
    let mut from = entries.need("orders")?;
    for _ in 0..from.array()? {
        let (order_id, mut order) = load_order(risk, &mut from)?;
        order.released = released.contains(&order_id);
        let is_live = !(order.ended || order.released);
        let order = risk.orders.add(order);
        risk.orders.number(order, order_id);
        if is_live {
            risk.enlist(order);
        }
    }
    let Some(mut mass_cancels) = entries.get("mass_cancels") else {
        return Ok(());
    };
    for _ in 0..mass_cancels.array()? {
        mass_cancels.array_of(2)?;
        let order = find(risk, mass_cancels.int()?)?;
        let reason = Reason::from_number(mass_cancels.int()?);
        risk.orders[order].mass_cancel = Some(reason.ok_or(Malformed("a reason of no name"))?);
    }
    Ok(())
}

fn load_lost_books(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let Some(mut lost) = entries.get("lost") else {
        return Ok(());
    };
    for _ in 0..lost.map()? {
        let instrument = risk.instruments.found(lost.text()?)?;
        let given_up = risk.instruments[instrument].lost.insert(Default::default());
        for _ in 0..lost.map()? {
            let participant = risk.participants.found(lost.text()?)?;
            let commands = lost.int()?;
            given_up.insert(participant, commands);
            risk.participants[participant].given_up += commands;
        }
    }
    Ok(())
}

fn load_links(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    if let Some(mut links) = entries.get("links") {
        for _ in 0..links.array()? {
            links.array_of(4)?;
            let (limit, stop) = (find(risk, links.int()?)?, find(risk, links.int()?)?);
            let entry = links.optional_int()?;
            let link = Link {
                limit,
                stop,
                entry: entry.map(|entry| find(risk, entry)).transpose()?,
                filled_lots: links.int()?,
            };
            let handle = risk.links.add(link);
            for order in link.orders() {
                risk.orders[order].link = Some(handle);
            }
        }
    }
    for order_id in load_ids(entries, "parked")? {
        let order = find(risk, order_id)?;
        risk.orders[order].parked = true;
    }
    for order_id in load_ids(entries, "doomed")? {
        let order = find(risk, order_id)?;
        risk.orders[order].doomed = true;
    }
    Ok(())
}

fn load_ids(entries: &Entries<'_>, key: &str) -> Read<Vec<i64>> {
    let Some(mut from) = entries.get(key) else {
        return Ok(Vec::new());
    };
    (0..from.array()?).map(|_| from.int()).collect()
}

fn find(risk: &Risk, order_id: i64) -> Read<OrderHandle> {
    risk.orders
        .find(order_id)
        .ok_or(Malformed("an order that is not there"))
}
