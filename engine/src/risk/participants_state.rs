//! Participants, their accounts and keys in a risk shard's snapshot.

use crate::integers::{read_i128, write_i128};
use crate::machine::sessions::Session;
use crate::machine::snapshot::{Entries, SortedMap};
use crate::machine::streams::Destination;
use crate::msgpack::{Read, Writer};

use super::definitions::new_participant;
use super::model::{Account, Participant, Risk};
use super::orders_state::load_name;
use super::whose::Whose;

pub fn save_participants<'a>(risk: &'a Risk, of: &'a Whose<'a>, map: &mut SortedMap<'a>) {
    map.add("participants", |to| {
        to.array(of.participants.len());
        for (_, name, participant) in &of.participants {
            save_participant(risk, name, participant, to);
        }
    });
    let participants = of.participants.iter();
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
        to.array(of.accounts.len());
        for (_, name, account) in &of.accounts {
            save_account(risk, name, account, to);
        }
    });
    save_keys(of, map);
}

/// Of accounts that are not there yet.
pub fn save_early_deposits<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
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
}

fn save_participant(risk: &Risk, name: &str, participant: &Participant, to: &mut Writer) {
    to.array(2);
    to.array(10);
    to.text(name);
    to.text(participant.reports.name());
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

fn save_keys<'a>(of: &'a Whose<'a>, map: &mut SortedMap<'a>) {
    let keys = of.sessions.iter();
    let sessions: Vec<_> = keys
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
    map.add_if(!of.restricted.is_empty(), "restricted", |to| {
        to.array(of.restricted.len());
        for key in &of.restricted {
            to.array(2);
            to.bin(&key.public_key);
            to.int(key.permissions);
        }
    });
}

pub fn load_participants(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    let mut from = entries.need("participants")?;
    for _ in 0..from.array()? {
        from.array_of(2)?;
        from.array_of(10)?;
        let name = from.text()?;
        let mut participant = new_participant(name);
        participant.reports = Destination::new(from.text()?);
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

pub fn load_accounts(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
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
            let hash = risk.name_hash(account, name.as_str());
            risk.remember(account, &name, hash);
        }
    }
    Ok(())
}

pub fn load_early_deposits(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
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

pub fn load_keys(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
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
