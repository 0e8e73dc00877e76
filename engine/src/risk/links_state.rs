//! Orders in a risk shard's snapshot, and what there is about some of them: links, lost books, mass cancels.

use std::collections::BTreeSet;

use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read};
use crate::wire::vocabulary::Reason;

use super::model::{Link, Risk};
use super::orders::OrderHandle;
use super::orders_state::{load_order, save_order};

pub fn save_lost_books<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
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
}

pub fn save_orders<'a>(risk: &'a Risk, orders: &'a [OrderHandle], map: &mut SortedMap<'a>) {
    map.add("orders", move |to| {
        to.array(orders.len());
        for &order in orders {
            save_order(risk, &risk.orders[order], to);
        }
    });
    save_ids(
        map,
        "released",
        ids(risk, orders, |risk, order| risk.orders[order].released),
    );
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
    save_links(risk, orders, map);
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

pub fn load_orders(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let released: BTreeSet<i64> = load_ids(entries, "released")?.into_iter().collect();
    let mut from = entries.need("orders")?;
    for _ in 0..from.array()? {
        let (order_id, mut order) = load_order(risk, &mut from)?;
        order.released = released.contains(&order_id);
        let is_live = !(order.ended || order.released);
        let order = risk.orders.add(order);
        risk.orders.number(order, order_id);
        risk.own(order);
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

pub fn load_lost_books(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
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

pub fn load_links(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
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
