//! Which orders are live: told when a session is opened, and when a participant asks.

use crate::machine::streams::Outbox;
use crate::wire::messages::{OrdersListed, RequestOrders};

use super::checks::owned_account;
use super::linked::orders_linked;
use super::model::Risk;
use super::named::{AccountId, ParticipantId};
use super::orders::OrderHandle;
use super::rate::{check_rate, count_order};
use super::refusal::Refusal;
use super::signers::reject_request;
use super::status::order_status;

/// It counts as an order where there is a limit: its answer is as long as the participant's orders are many.
pub fn request_orders(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &RequestOrders<'_>,
    out: &mut Outbox,
) {
    let request = (command.request_id, command.account_id);
    let account = match check(risk, participant, command) {
        Ok(account) => account,
        Err(refusal) => return reject_request(risk, participant, request, refusal, out),
    };
    count_order(risk, participant, 1, out);
    let orders = live_orders(risk, participant, account);
    let listed = OrdersListed {
        last_sequence: risk.participants[participant].last_sequence,
        request_id: command.request_id,
        account_id: command.account_id,
        orders: orders.len() as i64,
    };
    out.say(risk.reports(participant), &listed);
    tell_orders(risk, participant, &orders, out);
}

/// The account that is asked for, if it is one.
fn check(
    risk: &Risk,
    participant: ParticipantId,
    command: &RequestOrders<'_>,
) -> Result<Option<AccountId>, Refusal> {
    let account_id = command.account_id;
    let account = account_id.map(|account_id| owned_account(risk, account_id, participant));
    let account = account.transpose()?;
    check_rate(risk, participant, 1)?;
    Ok(account)
}

/// Of the participant, or of one account if that is its own; by order id.
pub fn live_orders(risk: &Risk, participant: ParticipantId, account: Option<AccountId>) -> Vec<OrderHandle> {
    let accounts = risk.participants[participant].accounts.iter().copied();
    let mut orders: Vec<_> = accounts
        .filter(|&own| account.is_none_or(|account| account == own))
        .flat_map(|own| risk.live_of(own))
        .collect();
    orders.sort_unstable_by_key(|&order| risk.orders[order].order_id);
    orders
}

/// First which belong together: whoever has read as many as are counted knows that too.
pub fn tell_orders(risk: &Risk, participant: ParticipantId, orders: &[OrderHandle], out: &mut Outbox) {
    let last_sequence = risk.participants[participant].last_sequence;
    let reports = risk.reports(participant);
    for &handle in orders {
        let link = risk.orders[handle].link.map(|link| &risk.links[link]);
        if let Some(link) = link.filter(|link| link.stop == handle) {
            out.say(reports, &orders_linked(risk, link, last_sequence));
        }
    }
    for &handle in orders {
        out.say(reports, &order_status(risk, &risk.orders[handle], last_sequence));
    }
}
