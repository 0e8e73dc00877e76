//! An account, and opening one.

use super::contents::AssetId;

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
