//! A risk shard's snapshot, ordered by value, and back. The other modules of that name have their parts of it.

use crate::integers::{read_i128, write_i128};
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::vocabulary::Phase;

use super::definitions::route;
use super::guards_state::{load_breaches, load_guards, save_breaches, save_guards};
use super::limits_state::{load_collars, load_limits, save_collars, save_limits};
use super::links_state::{load_links, load_lost_books, load_orders, save_lost_books, save_orders};
use super::model::{Instrument, Risk};
use super::moving_state::{load_moving, save_moving};
use super::participants_state::{
    load_accounts, load_early_deposits, load_keys, load_participants, save_early_deposits, save_participants,
};
use super::whose::Whose;

pub fn save(risk: &Risk, to: &mut Writer) {
    let of = Whose::everybody(risk);
    let mut map = SortedMap::default();
    risk.behaviour.save(&mut map);
    map.add("time", |to| {
        to.array(2);
        to.int(risk.tick);
        to.int(risk.time_ms);
    });
    map.add("orders_issued", |to| to.int(risk.orders_issued));
    save_definitions(risk, &mut map);
    save_early_deposits(risk, &mut map);
    save_lost_books(risk, &mut map);
    save_collars(risk, &mut map);
    save_breaches(risk, &mut map);
    save_moving(risk, &mut map);
    add_theirs(risk, &of, &mut map);
    map.write(to);
}

/// Participants with all that is known of them: `take_in` takes it, into whatever there is.
pub fn save_theirs(risk: &Risk, of: &Whose<'_>, to: &mut Writer) {
    let mut map = SortedMap::default();
    add_theirs(risk, of, &mut map);
    map.write(to);
}

fn add_theirs<'a>(risk: &'a Risk, of: &'a Whose<'a>, map: &mut SortedMap<'a>) {
    save_participants(risk, of, map);
    save_orders(risk, &of.orders, map);
    save_limits(risk, of, map);
    save_guards(risk, of, map);
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

pub fn load(risk: &mut Risk, from: &mut Reader<'_>) -> Read<()> {
    let entries = Entries::read(from)?;
    *risk = Risk::new(risk.shard);
    risk.behaviour.load(&entries)?;
    let mut time = entries.need("time")?;
    time.array_of(2)?;
    (risk.tick, risk.time_ms) = (time.int()?, time.int()?);
    risk.orders_issued = entries.need("orders_issued")?.int()?;
    load_definitions(risk, &entries)?;
    take_in(risk, &entries)?;
    load_early_deposits(risk, &entries)?;
    load_lost_books(risk, &entries)?;
    load_collars(risk, &entries)?;
    load_breaches(risk, &entries)?;
    load_moving(risk, &entries)
}

/// Add participants with all that is known of them, of a whole shard's state or of what has moved here.
pub fn take_in(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    load_participants(risk, entries)?;
    load_accounts(risk, entries)?;
    load_keys(risk, entries)?;
    load_guards(risk, entries)?;
    load_orders(risk, entries)?;
    load_links(risk, entries)?;
    load_limits(risk, entries)
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
