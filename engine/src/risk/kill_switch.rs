//! The kill switch: what is stopped takes no order and no replace, and its live orders end. The reference says
//! why nothing gets past it.

use std::collections::BTreeMap;

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    KillOwn, KillSwitchChanged, KillSwitchThrown, OwnKillSwitchSet, ReleaseOwn, ThrowKillSwitch,
};
use crate::wire::vocabulary::{KillScope, Reason};

use super::DECISIONS;
use super::listing::live_orders;
use super::mass_cancel::{Asked, ask_to_end};
use super::model::Risk;
use super::named::{AccountId, InstrumentId, Name, ParticipantId};
use super::orders::OrderHandle;
use super::refusal::{Checked, Refusal};
use super::risk_events::trading_stopped;

type Switch<'a> = (KillScope, &'a str);

/// Of several that stand the narrowest is told, and since when.
pub fn check_kill_switch(risk: &Risk, account: AccountId, instrument_id: &str) -> Checked {
    if risk.kills.is_empty() {
        return Ok(());
    }
    match standing(risk, account, instrument_id) {
        None => Ok(()),
        Some((scope, name)) => {
            let since_ms = risk.kills.since_ms(scope, name).expect("it stands");
            Err(Refusal::new(Reason::Killed, scope.number(), since_ms))
        }
    }
}

/// One that is on already asks again for what is still live, and keeps its time.
pub fn throw_kill_switch(risk: &mut Risk, decision: &ThrowKillSwitch<'_>, out: &mut Outbox) -> Handled {
    let switch @ (scope, name) = (decision.scope, decision.name);
    if decision.on {
        risk.kills.turn_on(scope, name, risk.time_ms);
    } else {
        risk.kills.turn_off(scope, name);
    }
    let mut orders_of: BTreeMap<ParticipantId, Vec<OrderHandle>> = participants_under(risk, switch)
        .into_iter()
        .map(|participant| (participant, Vec::new()))
        .collect();
    if decision.on {
        for handle in live_by_id(risk) {
            let order = &risk.orders[handle];
            let instrument_id = risk.instruments.name(order.instrument);
            if switches_over(risk, order.account, instrument_id).contains(&switch) {
                let orders = orders_of.get_mut(&order.participant);
                orders.expect("its participant is under the switch").push(handle);
            }
        }
    }
    let mut total = Asked::default();
    for participant in risk.participants.sort(orders_of.keys().copied()) {
        let orders = orders_of.remove(&participant).expect("each is told once");
        let told = tell(risk, participant, switch, decision.on, orders, out);
        total.asked += told.asked;
        total.pending += told.pending;
        total.closed += told.closed;
    }
    trading_stopped(risk, scope, name, decision.on, total.asked, out);
    let thrown = KillSwitchThrown {
        public_key: decision.public_key,
        epoch: decision.epoch,
        sequence: decision.sequence,
        risk_shard: risk.shard,
        scope,
        name,
        on: decision.on,
        since_ms: risk.kills.since_ms(scope, name).unwrap_or(0),
        asked: total.asked,
        pending: total.pending,
        closed: total.closed,
    };
    out.send(DECISIONS, &thrown);
    Ok(())
}

/// As an operator's switch of the participant, beside it: each is lifted by itself.
pub fn kill_own(risk: &mut Risk, participant: ParticipantId, command: &KillOwn<'_>, out: &mut Outbox) {
    let name = Name::clone(risk.participants.name(participant));
    let is_new = risk.kills.since_ms(KillScope::Own, &name).is_none();
    risk.kills.turn_on(KillScope::Own, &name, risk.time_ms);
    let orders = live_orders(risk, participant, None);
    let asked = ask_to_end(risk, orders, Reason::Killed, out);
    if is_new {
        trading_stopped(risk, KillScope::Own, &name, true, asked.asked, out);
    }
    tell_own(risk, participant, command.request_id, true, asked, out);
}

pub fn release_own(risk: &mut Risk, participant: ParticipantId, command: &ReleaseOwn<'_>, out: &mut Outbox) {
    let name = Name::clone(risk.participants.name(participant));
    if risk.kills.turn_off(KillScope::Own, &name) {
        trading_stopped(risk, KillScope::Own, &name, false, 0, out);
    }
    let nothing = Asked::default();
    tell_own(risk, participant, command.request_id, false, nothing, out);
}

fn tell_own(
    risk: &Risk,
    participant: ParticipantId,
    request_id: &str,
    on: bool,
    asked: Asked,
    out: &mut Outbox,
) {
    let set = OwnKillSwitchSet {
        last_sequence: risk.participants[participant].last_sequence,
        request_id,
        on,
        asked: asked.asked,
        pending: asked.pending,
        closed: asked.closed,
    };
    out.say(risk.reports(participant), &set);
}

/// Its book has told a phase: what it would not end before, as while it was closed, is asked for again.
pub fn end_what_was_refused(risk: &mut Risk, instrument: InstrumentId, out: &mut Outbox) {
    if risk.kills.is_empty() {
        return;
    }
    let mut left: BTreeMap<(Name, KillScope, Box<str>), Vec<OrderHandle>> = BTreeMap::new();
    for handle in live_by_id(risk) {
        let order = &risk.orders[handle];
        if order.instrument == instrument && !order.cancel_sent {
            let instrument_id = risk.instruments.name(instrument);
            if let Some((scope, name)) = standing(risk, order.account, instrument_id) {
                let participant_id = Name::clone(risk.participants.name(order.participant));
                left.entry((participant_id, scope, name.into()))
                    .or_default()
                    .push(handle);
            }
        }
    }
    for ((participant_id, scope, name), orders) in left {
        let participant = risk.participants.known(&participant_id);
        tell(risk, participant, (scope, &*name), true, orders, out);
    }
}

/// Have the participant's `orders` end, and tell it.
fn tell(
    risk: &mut Risk,
    participant: ParticipantId,
    (scope, name): Switch<'_>,
    on: bool,
    orders: Vec<OrderHandle>,
    out: &mut Outbox,
) -> Asked {
    let asked = ask_to_end(risk, orders, Reason::Killed, out);
    let changed = KillSwitchChanged {
        last_sequence: risk.participants[participant].last_sequence,
        scope,
        name,
        on,
        asked: asked.asked,
        pending: asked.pending,
        closed: asked.closed,
    };
    out.say(risk.reports(participant), &changed);
    asked
}

/// The narrowest first.
fn switches_over<'a>(risk: &'a Risk, account: AccountId, instrument_id: &'a str) -> [Switch<'a>; 5] {
    let participant_id = risk.participants.name(risk.accounts[account].participant);
    [
        (KillScope::Account, risk.accounts.name(account)),
        (KillScope::Participant, participant_id),
        (KillScope::Own, participant_id),
        (KillScope::Instrument, instrument_id),
        (KillScope::Everything, ""),
    ]
}

fn standing<'a>(risk: &'a Risk, account: AccountId, instrument_id: &'a str) -> Option<Switch<'a>> {
    switches_over(risk, account, instrument_id)
        .into_iter()
        .find(|&(scope, name)| risk.kills.since_ms(scope, name).is_some())
}

fn participants_under(risk: &Risk, (scope, name): Switch<'_>) -> Vec<ParticipantId> {
    match scope {
        KillScope::Account => vec![risk.accounts[risk.accounts.known(name)].participant],
        KillScope::Participant | KillScope::Own => vec![risk.participants.known(name)],
        KillScope::Instrument | KillScope::Everything => risk
            .participants
            .iter()
            .map(|(participant, ..)| participant)
            .collect(),
    }
}

/// The live orders by order id.
fn live_by_id(risk: &Risk) -> Vec<OrderHandle> {
    risk.orders.by_id(|order| !(order.ended || order.released))
}
