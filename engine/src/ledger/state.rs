//! The ledger's part of a snapshot, and back.

use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::named::{Id as _, Name};

use super::accounts::{Account, Holder};
use super::contents::{AssetId, HolderId, Ledger};

const TWO_PHASE: Malformed =
    Malformed("a ledger with flags, or transfers that are remembered: settlement has none");

impl Ledger {
    /// Write it. `holders`: its own, sorted by name.
    pub fn write(&self, holders: &[(HolderId, &Name, &Holder)], to: &mut Writer) {
        let mut map = SortedMap::default();
        map.add("accounts", |to| self.write_accounts(holders, to));
        for none in ["transfers", "posts", "voids"] {
            map.add(none, |to| to.array(0));
        }
        map.write(to);
    }

    fn write_accounts(&self, holders: &[(HolderId, &Name, &Holder)], to: &mut Writer) {
        let mut ranks = vec![0; self.assets.len()];
        for (rank, (asset, _, _)) in self.assets.sorted().into_iter().enumerate() {
            ranks[asset.place()] = rank;
        }
        to.array(holders.iter().map(|(_, _, holder)| holder.accounts().len()).sum());
        let mut accounts: Vec<(AssetId, Account)> = Vec::new();
        for (_, account_id, holder) in holders {
            accounts.clear();
            accounts.extend_from_slice(holder.accounts());
            accounts.sort_unstable_by_key(|(asset, _)| ranks[asset.place()]);
            for (asset, account) in &accounts {
                to.array(7);
                to.text(account_id);
                to.text(self.assets.name(*asset));
                to.int(0); // flags
                for sum in [0, account.debits, 0, account.credits] {
                    to.bin(&sum.to_be_bytes());
                }
            }
        }
    }

    /// Add what was written.
    pub fn load(&mut self, from: &mut Reader<'_>) -> Read<()> {
        let entries = Entries::read(from)?;
        for none in ["transfers", "posts", "voids"] {
            if entries.need(none)?.array()? != 0 {
                return Err(TWO_PHASE);
            }
        }
        let mut from = entries.need("accounts")?;
        for _ in 0..from.array()? {
            from.array_of(7)?;
            let holder = self.holder(from.text()?);
            let asset = self.asset(from.text()?);
            let flags = from.int()?;
            let mut sum = || from.bin_of().map(|bytes| u128::from_be_bytes(*bytes));
            let (debits_pending, debits) = (sum()?, sum()?);
            let (credits_pending, credits) = (sum()?, sum()?);
            if flags != 0 || debits_pending != 0 || credits_pending != 0 {
                return Err(TWO_PHASE);
            }
            *self.holders[holder].account(asset) = Account { debits, credits };
        }
        Ok(())
    }
}
