//! A balance below zero: what its participant is told when it becomes so, and when it has ended.

use crate::machine::streams::Outbox;
use crate::wire::messages::BalanceNegative;

use super::model::Risk;
use super::named::{AccountId, AssetId};

/// `before`: the balance before what has just changed it.
pub fn tell_if_it_changed(risk: &Risk, account: AccountId, asset: AssetId, before: i128, out: &mut Outbox) {
    let balance = risk.accounts[account].total(asset);
    if (balance < 0) == (before < 0) {
        return;
    }
    let participant = &risk.participants[risk.accounts[account].participant];
    let told = BalanceNegative {
        last_sequence: participant.last_sequence,
        account_id: risk.accounts.name(account),
        asset_id: risk.assets.name(asset),
        negative: balance < 0,
        balance,
    };
    out.say(&participant.reports, &told);
}
