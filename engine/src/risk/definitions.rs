//! What control and settlement tell a risk shard: the genesis, its changes, deposits, time.

use std::collections::BTreeMap;

use crate::machine::domain::Handled;
use crate::machine::sessions::Session;
use crate::machine::streams::{Destination, Outbox};
use crate::wire::messages::{
    BalanceCredited, DefineAsset, DefineInstrument, DefineParticipant, DepositSettled, OpenAccount,
    RegisterKey, ReleaseQuarantine, RevokeKey, SetBehaviour, SetFees, SetNotionalLimit, SetOrderRate,
    SetOrderRules, TakeBehaviour, Tick,
};
use crate::wire::vocabulary::Reason;

use super::disconnect::count_silence;
use super::keys::permission;
use super::limits::forget_what_is_far;
use super::model::{Instrument, Participant, Risk, Route, amount};
use super::named::{AccountId, AssetId, Named, RouteId};
use super::negative::tell_if_it_changed;
use super::risk_events::{limit_changed, second_over};

pub fn set_behaviour(risk: &mut Risk, event: &SetBehaviour, _out: &mut Outbox) -> Handled {
    risk.behaviour.set(event.version)
}

pub fn take_behaviour(risk: &mut Risk, event: &TakeBehaviour, out: &mut Outbox) -> Handled {
    risk.behaviour.take(event, out)
}

/// Nothing is halted: else machine/aside.rs does it.
pub fn nothing_to_release(_: &mut Risk, _: &ReleaseQuarantine<'_>, _: &mut Outbox) -> Handled {
    Ok(())
}

pub fn define_asset(risk: &mut Risk, event: &DefineAsset<'_>, _out: &mut Outbox) -> Handled {
    let asset = risk.asset(event.asset_id);
    risk.assets[asset].get_or_insert(event.decimals); // amounts of it may be there
    Ok(())
}

pub fn define_instrument(risk: &mut Risk, event: &DefineInstrument<'_>, _out: &mut Outbox) -> Handled {
    let instrument = Instrument {
        route: route(&mut risk.routes, &format!("books/{}", event.book)),
        base_asset: risk.asset(event.base_asset_id),
        quote_asset: risk.asset(event.quote_asset_id),
        lot_units: amount(event.lot_units),
        tick_lot_units: amount(event.tick_lot_units),
        price_increment_ticks: event.price_increment_ticks,
        price_min_ticks: event.price_min_ticks,
        price_max_ticks: event.price_max_ticks,
        quantity_increment_lots: event.quantity_increment_lots,
        quantity_min_lots: event.quantity_min_lots,
        quantity_max_lots: event.quantity_max_lots,
        window: event.window,
        phase: event.phase,
        least_display_lots: 0,
        collar: None,
        lost: None,
    };
    if let Some(known) = risk.instruments.find(event.instrument_id) {
        let known = &mut risk.instruments[known];
        *known = Instrument {
            phase: known.phase,
            least_display_lots: known.least_display_lots,
            collar: known.collar,
            lost: known.lost.take(),
            ..instrument
        };
    } else {
        let phase = risk.early_phases.remove(event.instrument_id);
        let new = Instrument {
            phase: phase.unwrap_or(event.phase),
            collar: risk.early_collars.remove(event.instrument_id),
            ..instrument
        };
        risk.instruments.add(event.instrument_id, new);
    }
    Ok(())
}

pub fn route<const N: usize>(routes: &mut Named<RouteId, Route, N>, destination: &str) -> RouteId {
    let known = routes.find(destination);
    known.unwrap_or_else(|| {
        let book = Destination::new(destination);
        routes.add(destination, Route { book, unanswered: 0 })
    })
}

/// Which orders wait for an auction is the book's business.
pub fn set_order_rules(risk: &mut Risk, event: &SetOrderRules<'_>, _out: &mut Outbox) -> Handled {
    let instrument = risk.instruments.known(event.instrument_id);
    risk.instruments[instrument].least_display_lots = event.least_display_lots;
    Ok(())
}

pub fn define_participant(risk: &mut Risk, event: &DefineParticipant<'_>, _out: &mut Outbox) -> Handled {
    let known = risk.participants.find(event.participant_id);
    let id = known.unwrap_or_else(|| {
        let new = new_participant(event.participant_id);
        risk.participants.add(event.participant_id, new)
    });
    let participant = &mut risk.participants[id];
    participant.slot = event.slot;
    participant.maker_fee_rate = event.maker_fee_rate;
    participant.taker_fee_rate = event.taker_fee_rate;
    participant.open_orders_max = event.open_orders_max;
    participant.commands_in_flight_max = event.commands_in_flight_max;
    Ok(())
}

/// With nothing but its name.
pub fn new_participant(participant_id: &str) -> Participant {
    Participant {
        reports: Destination::new(format!("reports.{participant_id}/0")),
        slot: 0,
        maker_fee_rate: 0,
        taker_fee_rate: 0,
        open_orders_max: 0,
        commands_in_flight_max: 0,
        notional_max: BTreeMap::new(),
        open_orders: 0,
        unanswered: 0,
        orders_per_s_max: 0,
        second: 0,
        orders_in_second: 0,
        last_sequence: 0,
        given_up: 0,
        accounts: Vec::new(),
        caps: None,
        cancel_ratio: None,
        protections: BTreeMap::new(),
        near: Vec::new(),
    }
}

/// An order keeps what it was stamped with.
pub fn set_fees(risk: &mut Risk, event: &SetFees<'_>, _out: &mut Outbox) -> Handled {
    for id in risk.participants.ids() {
        let participant = &mut risk.participants[id];
        participant.maker_fee_rate = event.maker_fee_rate;
        participant.taker_fee_rate = event.taker_fee_rate;
    }
    Ok(())
}

pub fn set_notional_limit(risk: &mut Risk, event: &SetNotionalLimit<'_>, out: &mut Outbox) -> Handled {
    let Ok(bound) = i128::try_from(event.amount) else {
        return Ok(()); // no amount can reach it
    };
    let participant = risk.participants.known(event.participant_id);
    let asset = risk.asset(event.asset_id);
    let before = risk.participants[participant].notional_max.insert(asset, bound);
    // Else the genesis says it for the first time.
    if before.is_some() {
        let (reason, change) = (Reason::NotionalLimit, (before, Some(bound)));
        limit_changed(risk, event.participant_id, reason, event.asset_id, change, out);
    }
    Ok(())
}

pub fn set_order_rate(risk: &mut Risk, event: &SetOrderRate<'_>, _out: &mut Outbox) -> Handled {
    let participant = risk.participants.known(event.participant_id);
    risk.participants[participant].orders_per_s_max = event.orders_per_s_max;
    Ok(())
}

pub fn register_key(risk: &mut Risk, event: &RegisterKey<'_>, _out: &mut Outbox) -> Handled {
    let participant = risk.participants.find(event.participant_id);
    let id = risk.keys.entry(event.public_key);
    let key = &mut risk.keys[id];
    if key.session.is_none() {
        key.session = Some(Session::new(*event.public_key, event.participant_id));
        key.participant = participant;
    }
    key.permissions = event.permissions;
    Ok(())
}

pub fn revoke_key(risk: &mut Risk, event: &RevokeKey<'_>, _out: &mut Outbox) -> Handled {
    if let Some(id) = risk.keys.find(event.public_key) {
        let key = &mut risk.keys[id];
        key.session = None;
        key.permissions = permission::EVERYTHING;
    }
    Ok(())
}

pub fn open_account(risk: &mut Risk, event: &OpenAccount<'_>, out: &mut Outbox) -> Handled {
    if risk.accounts.find(event.account_id).is_none() {
        let participant = risk.participants.known(event.participant_id);
        let account = risk.add_account(event.account_id, participant);
        for (asset, amount) in risk.early_deposits.remove(event.account_id).unwrap_or_default() {
            credit(risk, account, asset, amount, out);
        }
    }
    Ok(())
}

pub fn deposit_settled(risk: &mut Risk, event: &DepositSettled<'_>, out: &mut Outbox) -> Handled {
    let (asset, amount) = (risk.asset(event.asset_id), amount(event.amount));
    match risk.accounts.find(event.account_id) {
        Some(account) => credit(risk, account, asset, amount, out),
        None => {
            let early = risk.early_deposits.entry(event.account_id.into());
            early.or_default().push((asset, amount));
        }
    }
    Ok(())
}

fn credit(risk: &mut Risk, account: AccountId, asset: AssetId, amount: i128, out: &mut Outbox) {
    let balance = risk.accounts[account].balance(asset);
    let before = balance.total;
    balance.total += amount;
    let balance = balance.total;
    let participant = &risk.participants[risk.accounts[account].participant];
    let credited = BalanceCredited {
        last_sequence: participant.last_sequence,
        account_id: risk.accounts.name(account),
        asset_id: risk.assets.name(asset),
        amount: amount.unsigned_abs(),
        balance,
    };
    out.say(&participant.reports, &credited);
    tell_if_it_changed(risk, account, asset, before, out);
}

pub fn tick(risk: &mut Risk, event: &Tick, out: &mut Outbox) -> Handled {
    let elapsed_ms = event.time_ms - risk.time_ms;
    let begins_second = event.time_ms.div_euclid(1000) != risk.time_ms.div_euclid(1000);
    (risk.tick, risk.time_ms) = (event.number, event.time_ms);
    if begins_second {
        forget_what_is_far(risk);
    }
    second_over(risk, out);
    count_silence(risk, elapsed_ms, out);
    Ok(())
}
