//! An account, opening one, and closing it.

use super::contents::{AssetId, HolderId, Ledger};

/// Of one holder in one asset. What was posted, in the asset's smallest units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub debits: u128,
    pub credits: u128,
}

/// All accounts of one `account_id`.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    /// By number of the asset: for look-up by bisection.
    accounts: Vec<(AssetId, Account)>,
}

impl Holder {
    /// Opened where there is none.
    #[inline]
    pub fn account(&mut self, asset: AssetId) -> &mut Account {
        let found = self.accounts.binary_search_by_key(&asset, |&(asset, _)| asset);
        let place = found.unwrap_or_else(|place| {
            self.accounts.insert(place, (asset, Account::default()));
            place
        });
        &mut self.accounts[place].1
    }

    pub fn accounts(&self) -> &[(AssetId, Account)] {
        &self.accounts
    }
}

impl Ledger {
    /// A holder's, by the name of the asset.
    pub fn accounts_by_asset(&self, holder: HolderId) -> Vec<(AssetId, Account)> {
        let mut accounts = self.holders[holder].accounts().to_vec();
        accounts.sort_unstable_by_key(|&(asset, _)| self.assets.name(asset));
        accounts
    }

    /// Forget an account that is there: debits go on to equal credits, since its own are equal. False: they
    /// are not, and nothing has changed.
    pub fn close_account(&mut self, holder: HolderId, asset: AssetId) -> bool {
        let &mut Account { debits, credits } = self.holders[holder].account(asset);
        if debits == credits {
            self.holders[holder].accounts.retain(|&(other, _)| other != asset);
        }
        debits == credits
    }
}
