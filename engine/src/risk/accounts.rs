//! What an operator lets an account do.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{AccountStateChanged, AccountStateTold, SetAccountStateForOperator};
use crate::wire::vocabulary::{AccountState, Reason};

use super::DECISIONS;
use super::model::{Account, Risk};
use super::refusal::{Checked, Refusal};

/// Whether new orders and replaces are taken.
pub fn check_account(account: &Account) -> Checked {
    match account.state {
        AccountState::Active => Ok(()),
        AccountState::CloseOnly => Err(Refusal::plain(Reason::AccountCloseOnly)),
        AccountState::Suspended => Err(Refusal::plain(Reason::AccountSuspended)),
    }
}

/// Whether cancels are taken.
pub fn check_account_cancels(account: &Account) -> Checked {
    match account.state {
        AccountState::Active | AccountState::CloseOnly => Ok(()),
        AccountState::Suspended => Err(Refusal::plain(Reason::AccountSuspended)),
    }
}

pub fn set_account_state_for_operator(
    risk: &mut Risk,
    event: &SetAccountStateForOperator<'_>,
    out: &mut Outbox,
) -> Handled {
    let id = risk.accounts.known(event.account_id);
    let account = &mut risk.accounts[id];
    let before = std::mem::replace(&mut account.state, event.state);
    if before != event.state {
        let participant = &risk.participants[account.participant];
        let told = AccountStateTold {
            last_sequence: participant.last_sequence,
            account_id: event.account_id,
            state: event.state,
        };
        out.say(&participant.reports, &told);
    }
    let changed = AccountStateChanged {
        public_key: event.public_key,
        epoch: event.epoch,
        sequence: event.sequence,
        risk_shard: risk.shard,
        before,
        after: event.state,
    };
    out.send(DECISIONS, &changed);
    Ok(())
}
