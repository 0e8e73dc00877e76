//! What a risk shard's snapshot says of limits, accounts and collars: nothing where there are none.

use std::collections::BTreeMap;

use crate::integers::{read_i128, write_i128};
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::vocabulary::AccountState;

use super::caps::{CancelRatio, Caps};
use super::exposure::caps_of;
use super::model::{Collar, Risk};
use super::named::{AssetId, ParticipantId};
use super::whose::Whose;

pub fn save_limits<'a>(risk: &'a Risk, of: &'a Whose<'a>, map: &mut SortedMap<'a>) {
    let accounts = of.accounts.iter();
    let states: Vec<_> = accounts
        .filter(|(_, _, account)| account.state != AccountState::Active)
        .collect();
    map.add_if(!states.is_empty(), "account_states", move |to| {
        to.array(states.len());
        for (_, name, account) in &states {
            to.array(2);
            to.text(name);
            to.int(account.state.number());
        }
    });
    let participants = of.participants.iter();
    let caps: Vec<_> = participants
        .filter_map(|(_, name, participant)| Some((name, participant.caps.as_deref()?)))
        .collect();
    map.add_if(!caps.is_empty(), "caps", move |to| {
        to.array(caps.len());
        for (name, caps) in &caps {
            to.array(2);
            to.text(name);
            save_caps(risk, caps, to);
        }
    });
    let participants = of.participants.iter();
    let ratios: Vec<_> = participants
        .filter_map(|(_, name, participant)| Some((name, participant.cancel_ratio.as_deref()?)))
        .collect();
    map.add_if(!ratios.is_empty(), "cancel_ratios", move |to| {
        to.array(ratios.len());
        for (name, ratio) in &ratios {
            to.array(2);
            to.text(name);
            save_ratio(ratio, to);
        }
    });
}

pub fn save_collars<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
    let instruments = risk.instruments.sorted().into_iter();
    let collars = instruments.filter_map(|(_, name, instrument)| Some((&**name, instrument.collar?)));
    save_collars_as(map, "collars", collars.collect());
    let early = risk.early_collars.iter().map(|(name, &collar)| (&**name, collar));
    save_collars_as(map, "early_collars", early.collect());
}

fn save_collars_as<'a>(map: &mut SortedMap<'a>, key: &'static str, collars: Vec<(&'a str, Collar)>) {
    map.add_if(!collars.is_empty(), key, move |to| {
        to.map(collars.len());
        for (name, collar) in &collars {
            to.text(name);
            to.array(2);
            to.int(collar.per_mille);
            to.optional_int(collar.reference_ticks);
        }
    });
}

fn save_caps(risk: &Risk, caps: &Caps, to: &mut Writer) {
    to.array(4);
    for bounds in [&caps.order_size, &caps.open_notional, &caps.credit] {
        to.array(bounds.len());
        for asset in risk.assets.sort(bounds.keys().copied()) {
            to.array(2);
            to.text(risk.assets.name(asset));
            write_i128(bounds[&asset], to);
        }
    }
    to.array(caps.position.values().map(BTreeMap::len).sum());
    for (account_id, bounds) in &caps.position {
        for asset in risk.assets.sort(bounds.keys().copied()) {
            to.array(3);
            to.text(account_id);
            to.text(risk.assets.name(asset));
            write_i128(bounds[&asset], to);
        }
    }
}

fn save_ratio(ratio: &CancelRatio, to: &mut Writer) {
    to.array(6);
    to.optional_int(ratio.per_100_orders);
    to.int(ratio.window_ticks);
    to.int(ratio.free);
    to.int(ratio.window);
    to.int(ratio.orders);
    to.int(ratio.cancels);
}

/// Of participants, behind their orders: what these come to is counted anew.
pub fn load_limits(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    if let Some(mut from) = entries.get("account_states") {
        for _ in 0..from.array()? {
            from.array_of(2)?;
            let account = risk.accounts.found(from.text()?)?;
            let state = AccountState::from_number(from.int()?);
            risk.accounts[account].state = state.ok_or(Malformed("an account's state of no name"))?;
        }
    }
    if let Some(mut from) = entries.get("cancel_ratios") {
        for _ in 0..from.array()? {
            from.array_of(2)?;
            let participant = risk.participants.found(from.text()?)?;
            let ratio = load_ratio(&mut from)?;
            risk.participants[participant].cancel_ratio = Some(Box::new(ratio));
        }
    }
    if let Some(mut from) = entries.get("caps") {
        for _ in 0..from.array()? {
            from.array_of(2)?;
            let participant = risk.participants.found(from.text()?)?;
            load_caps(risk, participant, &mut from)?;
        }
    }
    Ok(())
}

pub fn load_collars(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    for (name, collar) in read_collars(entries, "collars")? {
        let instrument = risk.instruments.found(name)?;
        risk.instruments[instrument].collar = Some(collar);
    }
    for (name, collar) in read_collars(entries, "early_collars")? {
        risk.early_collars.insert(name.into(), collar);
    }
    Ok(())
}

fn read_collars<'a>(entries: &Entries<'a>, key: &str) -> Read<Vec<(&'a str, Collar)>> {
    let Some(mut from) = entries.get(key) else {
        return Ok(Vec::new());
    };
    (0..from.map()?)
        .map(|_| {
            let name = from.text()?;
            from.array_of(2)?;
            let (per_mille, reference_ticks) = (from.int()?, from.optional_int()?);
            let collar = Collar {
                per_mille,
                reference_ticks,
            };
            Ok((name, collar))
        })
        .collect()
}

fn load_ratio(from: &mut Reader<'_>) -> Read<CancelRatio> {
    from.array_of(6)?;
    Ok(CancelRatio {
        per_100_orders: from.optional_int()?,
        window_ticks: from.int()?,
        free: from.int()?,
        window: from.int()?,
        orders: from.int()?,
        cancels: from.int()?,
    })
}

fn load_caps(risk: &mut Risk, participant: ParticipantId, from: &mut Reader<'_>) -> Read<()> {
    from.array_of(4)?;
    let by_asset = [
        load_bounds(risk, from)?,
        load_bounds(risk, from)?,
        load_bounds(risk, from)?,
    ];
    let mut position: BTreeMap<Box<str>, BTreeMap<AssetId, i128>> = BTreeMap::new();
    for _ in 0..from.array()? {
        from.array_of(3)?;
        let of_account = position.entry(from.text()?.into()).or_default();
        of_account.insert(risk.asset(from.text()?), read_i128(from)?);
    }
    let caps = caps_of(risk, participant);
    [caps.order_size, caps.open_notional, caps.credit] = by_asset;
    caps.position = position;
    Ok(())
}

fn load_bounds(risk: &mut Risk, from: &mut Reader<'_>) -> Read<BTreeMap<AssetId, i128>> {
    let mut bounds = BTreeMap::new();
    for _ in 0..from.array()? {
        from.array_of(2)?;
        bounds.insert(risk.asset(from.text()?), read_i128(from)?);
    }
    Ok(bounds)
}
