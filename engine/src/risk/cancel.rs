//! CancelOrder: ask the book to end an order. Never refused for load: one may be on its way for each order.

use crate::machine::streams::Outbox;
use crate::wire::messages::{CancelOrder, CancelRejected, RemoveOrder};
use crate::wire::vocabulary::{Phase, Reason};

use super::accounts::check_account_cancels;
use super::cancel_ratio::count_canceled;
use super::checks::{halted, owned_account};
use super::model::{Instrument, Risk};
use super::named::ParticipantId;
use super::orders::OrderHandle;
use super::refusal::{Checked, Refusal};

pub fn cancel_order(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &CancelOrder<'_>,
    out: &mut Outbox,
) {
    if let Err(refusal) = cancel(risk, participant, command, out) {
        reject_cancel(
            risk,
            participant,
            (command.account_id, command.client_order_id),
            refusal,
            out,
        );
    }
}

/// Tell that a cancel is not taken. `whose`: the account and the order's name, as the participant said them.
pub fn reject_cancel(
    risk: &Risk,
    participant: ParticipantId,
    (account_id, client_order_id): (&str, &str),
    refusal: Refusal,
    out: &mut Outbox,
) {
    let told = CancelRejected {
        last_sequence: risk.participants[participant].last_sequence,
        account_id,
        client_order_id,
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    out.say(risk.reports(participant), &told);
}

fn cancel(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &CancelOrder<'_>,
    out: &mut Outbox,
) -> Checked {
    let account = owned_account(risk, command.account_id, participant)?;
    check_account_cancels(&risk.accounts[account])?;
    let handle = risk
        .live(account, command.client_order_id)
        .ok_or(Refusal::plain(Reason::OrderUnknown))?;
    let order = &risk.orders[handle];
    let instrument = &risk.instruments[order.instrument];
    if !may_ask(risk, instrument) {
        return Err(halted(instrument));
    }
    if order.cancel_sent {
        return Err(Refusal::plain(Reason::CancelPending));
    }
    count_canceled(risk, participant, out);
    send_cancel(risk, handle, out);
    Ok(())
}

/// Whether the instrument's book takes cancels now.
pub fn may_ask(risk: &Risk, instrument: &Instrument) -> bool {
    instrument.phase != Phase::Closed || risk.behaviour.cancels_while_closed()
}

/// Ask the order's book to end it; none may be on its way.
pub fn send_cancel(risk: &mut Risk, handle: OrderHandle, out: &mut Outbox) {
    count_cancel(risk, handle);
    let order = &risk.orders[handle];
    let asked = RemoveOrder {
        instrument_id: risk.instruments.name(order.instrument),
        order_id: order.order_id,
    };
    out.say(risk.book(order.instrument), &asked);
}

/// A cancel of the order is on its way.
pub fn count_cancel(risk: &mut Risk, handle: OrderHandle) {
    let order = &mut risk.orders[handle];
    order.cancel_sent = true;
    let (participant, instrument) = (order.participant, order.instrument);
    risk.route(instrument).unanswered += 1;
    risk.participants[participant].unanswered += 1;
}

/// Its slot is leaving: the shard that gets it asks the book.
pub fn put_off_cancel(risk: &mut Risk, handle: OrderHandle) {
    let order = &mut risk.orders[handle];
    order.cancel_sent = true;
    let order_id = order.order_id;
    let leaving = risk.leaving.as_mut().expect("slots leave");
    leaving.deferred.push(order_id);
}
