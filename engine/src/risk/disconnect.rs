//! Cancel on disconnect: a session that has asked for it and falls silent loses its participant's orders.

use crate::machine::domain::SessionId;
use crate::machine::streams::Outbox;
use crate::wire::messages::{DisconnectSet, Disconnected, SetDisconnect};
use crate::wire::vocabulary::Reason;

use super::guards::Watch;
use super::listing::live_orders;
use super::mass_cancel::ask_to_end;
use super::model::Risk;
use super::named::{InstrumentId, ParticipantId};
use super::refusal::{Checked, Refusal};
use super::risk_events::session_silent;
use super::signers::reject_request;

pub const AFTER_MS_MIN: i64 = 1_000;
pub const AFTER_MS_MAX: i64 = 86_400_000;
/// Of silence, that one tick counts for: time that jumped is not silence.
const TICK_MS_MAX: i64 = 1_000;

pub fn set_disconnect(
    risk: &mut Risk,
    participant: ParticipantId,
    session: SessionId,
    command: &SetDisconnect<'_>,
    out: &mut Outbox,
) {
    let after_ms = command.after_ms;
    if after_ms != 0 && !(AFTER_MS_MIN..=AFTER_MS_MAX).contains(&after_ms) {
        let nearest = after_ms.clamp(AFTER_MS_MIN, AFTER_MS_MAX);
        let refusal = Refusal::new(Reason::DisconnectTime, nearest, after_ms);
        return reject_request(risk, participant, (command.request_id, None), refusal, out);
    }
    let watch = Watch {
        participant,
        after_ms,
        silent_ms: 0,
    };
    risk.keys.watch(session, (after_ms != 0).then_some(watch));
    let set = DisconnectSet {
        last_sequence: risk.participants[participant].last_sequence,
        request_id: command.request_id,
        after_ms,
    };
    out.say(risk.reports(participant), &set);
}

/// An event of the session was taken; what follows is applied in its name.
pub fn heard(risk: &mut Risk, session: SessionId) {
    risk.speaking = Some(session);
    // Looked at first: what is changed is copied while a snapshot is written.
    if risk.keys[session]
        .watch
        .as_ref()
        .is_some_and(|watch| !watch.is_over())
    {
        let watch = risk.keys[session].watch.as_mut();
        watch.expect("there is one").silent_ms = 0;
    }
}

/// The key has opened another session.
pub fn forget_watch(risk: &mut Risk, session: SessionId) {
    risk.keys.watch(session, None);
}

/// Whether the session that speaks is taken for one that is still there.
pub fn check_connected(risk: &Risk) -> Checked {
    let watch = risk
        .speaking
        .and_then(|session| risk.keys[session].watch.as_ref());
    match watch.filter(|watch| watch.is_over()) {
        None => Ok(()),
        Some(watch) => Err(Refusal::new(
            Reason::Disconnected,
            watch.after_ms,
            watch.silent_ms,
        )),
    }
}

/// A tick, so long after the one before.
pub fn count_silence(risk: &mut Risk, elapsed_ms: i64, out: &mut Outbox) {
    let counted_ms = elapsed_ms.clamp(0, TICK_MS_MAX);
    for session in watched(risk) {
        let watch = risk.keys[session].watch.as_mut().expect("it is watched");
        if watch.is_over() {
            continue;
        }
        watch.silent_ms += counted_ms;
        if watch.is_over() {
            let (participant, after_ms) = (watch.participant, watch.after_ms);
            let asked = cancel(risk, session, None, out);
            let public_key = risk.keys[session].public_key;
            session_silent(risk, participant, &public_key, after_ms, asked, out);
        }
    }
}

/// Its book takes cancels again: what stayed of sessions that are gone is asked for.
pub fn end_orders_of_silent(risk: &mut Risk, instrument: InstrumentId, out: &mut Outbox) {
    for session in watched(risk) {
        let watch = risk.keys[session].watch.as_ref();
        if watch.is_some_and(Watch::is_over) {
            cancel(risk, session, Some(instrument), out);
        }
    }
}

/// By public key.
fn watched(risk: &Risk) -> Vec<SessionId> {
    risk.keys.watched().collect()
}

/// How many orders were asked for. `instrument`: only what stayed of it.
fn cancel(risk: &mut Risk, session: SessionId, instrument: Option<InstrumentId>, out: &mut Outbox) -> i64 {
    let key = &risk.keys[session];
    let public_key = key.public_key;
    let watch = key.watch.clone().expect("it is watched");
    let mut orders = live_orders(risk, watch.participant, None);
    if let Some(instrument) = instrument {
        orders.retain(|&order| {
            let order = &risk.orders[order];
            order.instrument == instrument && !order.cancel_sent
        });
        if orders.is_empty() {
            return 0;
        }
    }
    let asked = ask_to_end(risk, orders, Reason::Disconnected, out);
    let told = Disconnected {
        last_sequence: risk.participants[watch.participant].last_sequence,
        public_key: &public_key,
        after_ms: watch.after_ms,
        asked: asked.asked,
        pending: asked.pending,
        closed: asked.closed,
    };
    out.say(risk.reports(watch.participant), &told);
    asked.asked
}
