//! What of a settlement shard can halt by itself: an account. What that means: see the reference.

use crate::machine::streams::Outbox;
use crate::wire::messages::{Deposit, Event, SettleLeg};

use super::deposits::book_deposit;
use super::legs::settle_leg;
use super::model::{SUSPENSE, Settlement};

pub fn subject(message: &Event<'_>) -> String {
    match message {
        Event::SettleLeg(SettleLeg { account_id, .. }) | Event::Deposit(Deposit { account_id, .. }) => {
            format!("account {account_id}")
        }
        _ => String::new(),
    }
}

/// # Panics
/// Where the ledger refuses it: the machine stops.
pub fn discard(settlement: &mut Settlement, message: &Event<'_>, out: &mut Outbox) {
    let account_id = SUSPENSE;
    let booked = match message.clone() {
        Event::SettleLeg(leg) => settle_leg(settlement, &SettleLeg { account_id, ..leg }, out),
        Event::Deposit(deposit) => {
            let suspended = Deposit {
                account_id,
                ..deposit
            };
            book_deposit(settlement, &suspended)
        }
        other => unreachable!("it concerns no account, and is never put aside: {other:?}"),
    };
    booked.expect("a ledger that takes what has happened");
}
