//! Transfers, posted at once.

use std::fmt::{Display, Formatter, Result as Written};

use super::contents::{AssetId, HolderId, Ledger};

/// Moves `amount`, in the asset's smallest units, from debit to credit.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    pub debit: HolderId,
    pub credit: HolderId,
    pub asset: AssetId,
    pub amount: u128,
}

/// Why a transfer was refused; the first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Amount,
    SameAccount,
    Overflow,
}

impl Display for Refused {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Written {
        formatter.write_str(match self {
            Self::Amount => "its amount is not 1 to 2^128 - 1",
            Self::SameAccount => "both its accounts are the same",
            Self::Overflow => "what has been posted to an account would pass 2^128 - 1",
        })
    }
}

impl Ledger {
    /// Refuse the transfer, with no sum changed, or move its amount.
    pub fn transfer(&mut self, transfer: &Transfer) -> Result<(), Refused> {
        let &Transfer {
            debit,
            credit,
            asset,
            amount,
        } = transfer;
        if amount == 0 {
            return Err(Refused::Amount);
        }
        if debit == credit {
            return Err(Refused::SameAccount);
        }
        let debits = self.holders[debit].account(asset).debits.checked_add(amount);
        let credits = self.holders[credit].account(asset).credits.checked_add(amount);
        let (Some(debits), Some(credits)) = (debits, credits) else {
            return Err(Refused::Overflow);
        };
        self.holders[debit].account(asset).debits = debits;
        self.holders[credit].account(asset).credits = credits;
        Ok(())
    }
}
