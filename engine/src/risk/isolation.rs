//! What of a risk shard can halt by itself: an account. What happens to each message then is said by the
//! reference's module.

use crate::wire::messages::Event;
use crate::wire::vocabulary::KillScope;

use super::answers::{answered_order, count_unanswered};
use super::model::Risk;
use super::named::AccountId;

pub fn account_subject(risk: &Risk, account: AccountId) -> String {
    format!("account {}", risk.accounts.name(account))
}

pub fn subject(risk: &Risk, message: &Event<'_>) -> String {
    let account = match message {
        Event::DepositSettled(event) => risk.accounts.find(event.account_id),
        Event::FillReversed(event) => risk.accounts.find(event.account_id),
        _ => order_id(message)
            .and_then(|order_id| risk.orders.find(order_id))
            .map(|order| risk.orders[order].account),
    };
    account.map_or(String::new(), |account| account_subject(risk, account))
}

/// The order that a book's message is about.
fn order_id(message: &Event<'_>) -> Option<i64> {
    Some(match message {
        Event::OrderEntered(event) => event.order_id,
        Event::EntryRefused(event) => event.order_id,
        Event::OrderExecuted(event) => event.order_id,
        Event::OrderActivated(event) => event.order_id,
        Event::OrderMoved(event) => event.order_id,
        Event::OrderReduced(event) => event.order_id,
        Event::ExitActivated(event) => event.order_id,
        Event::OrderRemoved(event) => event.order_id,
        Event::RemovalRefused(event) => event.order_id,
        Event::OrderAmended(event) => event.order_id,
        Event::AmendmentRefused(event) => event.order_id,
        _ => return None,
    })
}

pub fn is_stranger(risk: &Risk, message: &Event<'_>) -> bool {
    let account = |name: &str| risk.accounts.find(name).is_none();
    let participant = |name: &str| risk.participants.find(name).is_none();
    match message {
        Event::DepositSettled(event) => account(event.account_id),
        Event::FillReversed(event) => account(event.account_id),
        Event::SetAccountStateForOperator(event) => account(event.account_id),
        Event::DefineParticipant(event) => participant(event.participant_id),
        Event::SetNotionalLimit(event) => participant(event.participant_id),
        Event::SetOrderRate(event) => participant(event.participant_id),
        Event::RegisterKey(event) => participant(event.participant_id),
        Event::OpenAccount(event) => participant(event.participant_id),
        Event::SetLimit(event) => participant(event.participant_id),
        Event::SetLimitForOperator(event) => participant(event.participant_id),
        Event::ShowLimitsForOperator(event) => participant(event.participant_id),
        Event::RevokeKey(event) => risk.keys.session(event.public_key).is_none(),
        Event::CancelForOperator(event) => event.participant_id.is_some_and(participant),
        Event::ThrowKillSwitch(event) => match event.scope {
            KillScope::Account => account(event.name),
            KillScope::Participant => participant(event.name),
            _ => false,
        },
        _ => order_id(message).is_some_and(|order_id| risk.orders.find(order_id).is_none()),
    }
}

/// A message is put aside (-1), or taken up again (1): the command that it answers is answered, so that nobody
/// is refused as busy for it.
pub fn count(risk: &mut Risk, message: &Event<'_>, change: i64) {
    if let Some(order_id) = answered_order(message) {
        let order = risk.orders.find(order_id).expect("its account is halted");
        count_unanswered(risk, order, change);
    }
}
