//! Who has accounts, and in which assets.

use crate::named::{Named, ids};

use super::accounts::Holder;

ids! { HolderId AssetId }

/// Holders stand in chunks, which a snapshot that is being written shares.
#[derive(Debug, Default)]
pub struct Ledger {
    pub assets: Named<AssetId, (), 64>,
    pub holders: Named<HolderId, Holder, 64>,
}

impl Ledger {
    /// The number of an asset, by whatever it is named first.
    pub fn asset(&mut self, asset_id: &str) -> AssetId {
        let known = self.assets.find(asset_id);
        known.unwrap_or_else(|| self.assets.add(asset_id, ()))
    }

    /// The number of whoever has accounts of this name, by whatever it is named first.
    #[inline]
    pub fn holder(&mut self, account_id: &str) -> HolderId {
        let known = self.holders.find(account_id);
        known.unwrap_or_else(|| self.holders.add(account_id, Holder::default()))
    }

    /// The same accounts, which stay what they are now: for whoever writes them, and finds none by its name.
    pub fn share(&mut self) -> Self {
        Self {
            assets: self.assets.share(),
            holders: self.holders.share(),
        }
    }
}
