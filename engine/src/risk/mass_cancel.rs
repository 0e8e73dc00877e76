//! Mass cancels: each becomes one RemoveOrder for every live order that is meant and has none on its way.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{CancelForOperator, MassCancel, MassCanceled, OrdersAsked};
use crate::wire::vocabulary::Reason;

use super::DECISIONS;
use super::accounts::check_account_cancels;
use super::cancel::{may_ask, put_off_cancel, send_cancel};
use super::checks::{check_side, owned_account};
use super::listing::live_orders;
use super::model::{Order, Risk};
use super::named::{AccountId, ParticipantId};
use super::orders::OrderHandle;
use super::place::known_instrument;
use super::refusal::Refusal;
use super::signers::reject_request;

/// How many orders' ends were asked for, are asked for already, and cannot be asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub asked: i64,
    pub pending: i64,
    pub closed: i64,
}

pub fn mass_cancel(risk: &mut Risk, participant: ParticipantId, command: &MassCancel<'_>, out: &mut Outbox) {
    let account = match check(risk, participant, command) {
        Ok(account) => account,
        Err(refusal) => {
            let request = (command.request_id, Some(command.account_id));
            return reject_request(risk, participant, request, refusal, out);
        }
    };
    let mut orders = live_orders(risk, participant, Some(account));
    orders.retain(|&order| is_meant(risk, &risk.orders[order], command));
    let Asked {
        asked,
        pending,
        closed,
    } = ask_to_end(risk, orders, Reason::MassCancel, out);
    let told = MassCanceled {
        last_sequence: risk.participants[participant].last_sequence,
        request_id: command.request_id,
        account_id: command.account_id,
        asked,
        pending,
        closed,
    };
    out.say(risk.reports(participant), &told);
}

pub fn cancel_for_operator(risk: &mut Risk, decision: &CancelForOperator<'_>, out: &mut Outbox) -> Handled {
    let orders = orders_of_decision(risk, decision);
    let Asked {
        asked,
        pending,
        closed,
    } = ask_to_end(risk, orders, Reason::OperatorCancel, out);
    let told = OrdersAsked {
        public_key: decision.public_key,
        epoch: decision.epoch,
        sequence: decision.sequence,
        risk_shard: risk.shard,
        asked,
        pending,
        closed,
    };
    out.send(DECISIONS, &told);
    Ok(())
}

/// By name of the participant, then by order id.
fn orders_of_decision(risk: &Risk, decision: &CancelForOperator<'_>) -> Vec<OrderHandle> {
    let account = decision
        .account_id
        .map(|account_id| risk.accounts.find(account_id));
    if account == Some(None) {
        return Vec::new();
    }
    let account = account.flatten();
    let mut orders = Vec::new();
    for (participant, name, _) in risk.participants.sorted() {
        if decision.participant_id.is_none_or(|named| *named == **name) {
            orders.extend(live_orders(risk, participant, account));
        }
    }
    orders.retain(|&order| {
        let order = &risk.orders[order];
        fits(risk, order, decision.instrument_id, decision.side)
    });
    orders
}

fn check(risk: &Risk, participant: ParticipantId, command: &MassCancel<'_>) -> Result<AccountId, Refusal> {
    let account = owned_account(risk, command.account_id, participant)?;
    check_account_cancels(&risk.accounts[account])?;
    if let Some(instrument_id) = command.instrument_id {
        known_instrument(risk, instrument_id)?;
    }
    command.side.map(check_side).transpose()?;
    Ok(account)
}

/// Of the account's live orders.
fn is_meant(risk: &Risk, order: &Order, command: &MassCancel<'_>) -> bool {
    let in_group = command
        .quote_group
        .is_none_or(|group| group == order.quote_group());
    in_group && fits(risk, order, command.instrument_id, command.side)
}

fn fits(risk: &Risk, order: &Order, instrument_id: Option<&str>, side: Option<i64>) -> bool {
    instrument_id.is_none_or(|named| *named == **risk.instruments.name(order.instrument))
        && side.is_none_or(|side| side == order.side.number())
}

/// Ask the books of these live orders. `reason`: what their participants are told when they have ended.
pub fn ask_to_end(risk: &mut Risk, mut orders: Vec<OrderHandle>, reason: Reason, out: &mut Outbox) -> Asked {
    // Exits first, since the end of their entry would make them active, and they might trade.
    orders.sort_by_key(|&order| !risk.orders[order].parked);
    let mut asked = Asked::default();
    for handle in orders {
        let order = &risk.orders[handle];
        let participant = order.participant;
        if order.cancel_sent {
            asked.pending += 1;
        } else if !may_ask(risk, &risk.instruments[order.instrument]) {
            asked.closed += 1;
        } else {
            asked.asked += 1;
            risk.orders[handle].mass_cancel = Some(reason);
            if risk.is_leaving(participant) {
                put_off_cancel(risk, handle);
            } else {
                send_cancel(risk, handle, out);
            }
        }
    }
    asked
}
