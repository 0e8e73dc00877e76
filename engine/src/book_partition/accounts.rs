//! The names of accounts, each kept once, so that a ticket names one by a number.

use std::sync::Arc;

use crate::chunks::Chunks;
use crate::name_hash::ByName;

/// Names an account among those of a partition, in this process: it is no part of any state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account(u32);

#[derive(Debug, Default)]
pub struct Accounts {
    names: Chunks<Arc<str>, 1024>,
    by_name: ByName<Arc<str>, Account>,
}

impl Accounts {
    #[inline]
    pub fn of(&mut self, name: &str) -> Account {
        if let Some(&account) = self.by_name.get(name) {
            return account;
        }
        let kept: Arc<str> = name.into();
        let place = self.names.push(Arc::clone(&kept));
        let account = Account(u32::try_from(place).expect("less than 2^32 accounts"));
        self.by_name.insert(kept, account);
        account
    }

    pub fn name(&self, account: Account) -> &str {
        &self.names[account.0 as usize]
    }

    /// The same names, to be read.
    pub fn freeze(&mut self) -> Self {
        Self {
            names: self.names.share(),
            by_name: ByName::default(),
        }
    }
}
