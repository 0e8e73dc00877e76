//! Deposit: from the outside world to an account, and on to risk, which could not know of it otherwise.

use crate::ledger::transfers::Transfer;
use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{Deposit, DepositSettled};

use super::model::Settlement;

pub fn deposit(settlement: &mut Settlement, command: &Deposit<'_>, out: &mut Outbox) -> Handled {
    book_deposit(settlement, command)?;
    let &Deposit {
        account_id,
        asset_id,
        amount,
    } = command;
    let holder = settlement.ledger.holder(account_id);
    let slot = settlement
        .slot(holder)
        .ok_or_else(|| Trouble::Raised(format!("control has opened no account {account_id:?}")))?;
    let settled = DepositSettled {
        account_id,
        asset_id,
        amount,
    };
    out.say(settlement.risk.of(slot), &settled);
    Ok(())
}

pub fn book_deposit(settlement: &mut Settlement, command: &Deposit<'_>) -> Handled {
    let transfer = Transfer {
        debit: settlement.own.world,
        credit: settlement.ledger.holder(command.account_id),
        asset: settlement.ledger.asset(command.asset_id),
        amount: command.amount,
    };
    settlement.book(transfer)
}
