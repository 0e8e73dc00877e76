//! What stops somebody, and what a risk desk has not been told: its part of a risk shard's snapshot. Nothing of
//! it is in the snapshots of an exchange that has none.

use crate::integers::{read_i128, write_i128};
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::vocabulary::{KillScope, Reason};

use super::guards::{Breach, Episode, Filled, Protection, Watch};
use super::model::Risk;
use super::risk_events::by_name;
use super::whose::Whose;

const UNNAMED: Malformed = Malformed("a number that names nothing");

pub fn save_guards<'a>(risk: &'a Risk, of: &'a Whose<'a>, map: &mut SortedMap<'a>) {
    map.add_if(!of.kills.is_empty(), "kills", |to| {
        to.array(of.kills.len());
        for &(scope, name, since_ms) in &of.kills {
            to.array(3);
            to.int(scope.number());
            to.text(name);
            to.int(since_ms);
        }
    });
    let keys = of.watches.iter();
    let watches: Vec<_> = keys
        .filter_map(|key| Some((&key.public_key, key.watch.as_ref()?)))
        .collect();
    map.add_if(!watches.is_empty(), "watches", move |to| {
        to.array(watches.len());
        for (public_key, watch) in &watches {
            to.array(4);
            to.bin(*public_key);
            to.text(risk.participants.name(watch.participant));
            to.int(watch.after_ms);
            to.int(watch.silent_ms);
        }
    });
    let mut protections = Vec::new();
    for &(_, name, participant) in &of.participants {
        let groups = participant.protections.iter();
        protections.extend(groups.map(|(group, protection)| (name, group, protection)));
    }
    map.add_if(!protections.is_empty(), "protections", move |to| {
        to.array(protections.len());
        for (name, group, protection) in &protections {
            to.array(3);
            to.text(name);
            to.text(group);
            save_protection(protection, to);
        }
    });
    save_near(risk, of, map);
}

pub fn save_breaches<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
    if risk.breaches.is_empty() {
        return;
    }
    map.add("breaches", |to| {
        to.array(risk.breaches.len());
        for (participant, reason, breach) in by_name(risk, &risk.breaches) {
            to.array(6);
            to.text(risk.participants.name(participant));
            to.int(reason.number());
            to.int(breach.count);
            to.text(risk.accounts.name(breach.account));
            write_i128(breach.bound, to);
            write_i128(breach.actual, to);
        }
    });
    map.add_if(risk.breaches_second != 0, "breaches_second", |to| {
        to.int(risk.breaches_second);
    });
}

fn save_near<'a>(risk: &'a Risk, of: &'a Whose<'a>, map: &mut SortedMap<'a>) {
    let mut near: Vec<(&str, Reason, &str, &str)> = Vec::new();
    for &(_, name, participant) in &of.participants {
        near.extend(participant.near.iter().map(|episode| {
            let account = episode.account.map_or("", |account| risk.accounts.name(account));
            let asset = episode.asset.map_or("", |asset| risk.assets.name(asset));
            (&**name, episode.reason, account, asset)
        }));
    }
    near.sort_unstable();
    map.add_if(!near.is_empty(), "near", move |to| {
        to.array(near.len());
        for (name, reason, account_id, asset_id) in &near {
            to.array(4);
            to.text(name);
            to.int(reason.number());
            to.text(account_id);
            to.text(asset_id);
        }
    });
}

fn save_protection(protection: &Protection, to: &mut Writer) {
    to.array(5);
    to.int(protection.window_ms);
    to.int(protection.lots_max);
    to.int(protection.fills_max);
    to.array(protection.filled.len());
    for filled in &protection.filled {
        to.array(3);
        to.int(filled.time_ms);
        to.sum(filled.lots);
        to.int(filled.fills);
    }
    match protection.tripped_by {
        None => to.nil(),
        Some((limit, filled)) => {
            to.array(2);
            to.int(limit);
            to.sum(filled);
        }
    }
}

pub fn load_guards(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    if let Some(mut from) = entries.get("kills") {
        for _ in 0..from.array()? {
            from.array_of(3)?;
            let scope = KillScope::from_number(from.int()?).ok_or(UNNAMED)?;
            let (name, since_ms) = (from.text()?, from.int()?);
            risk.kills.turn_on(scope, name, since_ms);
        }
    }
    if let Some(mut from) = entries.get("watches") {
        for _ in 0..from.array()? {
            from.array_of(4)?;
            let id = risk.keys.entry(from.bin_of()?);
            let watch = Watch {
                participant: risk.participants.found(from.text()?)?,
                after_ms: from.int()?,
                silent_ms: from.int()?,
            };
            risk.keys.watch(id, Some(watch));
        }
    }
    if let Some(mut from) = entries.get("protections") {
        for _ in 0..from.array()? {
            from.array_of(3)?;
            let participant = risk.participants.found(from.text()?)?;
            let group = from.text()?.into();
            let protection = load_protection(&mut from)?;
            risk.participants[participant]
                .protections
                .insert(group, protection);
            risk.protected.insert(participant);
        }
    }
    load_near(risk, entries)
}

pub fn load_breaches(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    if let Some(mut second) = entries.get("breaches_second") {
        risk.breaches_second = second.int()?;
    }
    let Some(mut from) = entries.get("breaches") else {
        return Ok(());
    };
    for _ in 0..from.array()? {
        from.array_of(6)?;
        let participant = risk.participants.found(from.text()?)?;
        let reason = Reason::from_number(from.int()?).ok_or(UNNAMED)?;
        let breach = Breach {
            count: from.int()?,
            account: risk.accounts.found(from.text()?)?,
            bound: read_i128(&mut from)?,
            actual: read_i128(&mut from)?,
        };
        risk.breaches.insert((participant, reason), breach);
    }
    Ok(())
}

fn load_near(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let Some(mut from) = entries.get("near") else {
        return Ok(());
    };
    for _ in 0..from.array()? {
        from.array_of(4)?;
        let participant = risk.participants.found(from.text()?)?;
        let reason = Reason::from_number(from.int()?).ok_or(UNNAMED)?;
        let (account_id, asset_id) = (from.text()?, from.text()?);
        let account = (!account_id.is_empty()).then(|| risk.accounts.found(account_id));
        let episode = Episode {
            reason,
            account: account.transpose()?,
            asset: (!asset_id.is_empty()).then(|| risk.asset(asset_id)),
        };
        risk.participants[participant].near.push(episode);
        risk.near.insert(participant);
    }
    Ok(())
}

fn load_protection(from: &mut Reader<'_>) -> Read<Protection> {
    from.array_of(5)?;
    let (window_ms, lots_max, fills_max) = (from.int()?, from.int()?, from.int()?);
    let mut protection = Protection::new(window_ms, lots_max, fills_max);
    for _ in 0..from.array()? {
        from.array_of(3)?;
        protection.filled.push(Filled {
            time_ms: from.int()?,
            lots: from.int()?.into(),
            fills: from.int()?,
        });
    }
    if !from.nil() {
        from.array_of(2)?;
        protection.tripped_by = Some((from.int()?, from.int()?.into()));
    }
    Ok(protection)
}
