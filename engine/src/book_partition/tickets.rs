//! What the machine keeps beside the orders of a book, at the places of their handles.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use crate::book::orders::{CHUNK, Handle};
use crate::chunks::Chunks;
use crate::fees::{FeeBasis, FeeRate};

use super::accounts::Account;

/// Of one order. `quote_group` is no number as `account` is: participants choose it, and may choose without
/// end. None: the empty one, which most orders have.
///
/// One cache line, as an order.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
pub struct Ticket {
    pub fee_basis: FeeBasis,
    pub quote_group: Option<Arc<str>>,
    /// What the public feed has told that it shows; belongs to `public_feed`.
    pub shown_lots: i64,
    pub maker_fee_rate: FeeRate,
    pub taker_fee_rate: FeeRate,
    pub account: Account,
    pub slot: u16,
}

/// A million orders have as many.
const _: () = assert!(size_of::<Ticket>() == 64);

impl Ticket {
    pub fn quote_group(&self) -> &str {
        self.quote_group.as_deref().unwrap_or_default()
    }

    /// Give an order the fee rates that are charged from now on.
    pub fn stamp(&mut self, maker_fee_rate: FeeRate, taker_fee_rate: FeeRate) {
        self.maker_fee_rate = maker_fee_rate;
        self.taker_fee_rate = taker_fee_rate;
    }
}

/// A group's name as tickets keep it.
pub fn group(name: &str) -> Option<Arc<str>> {
    (!name.is_empty()).then(|| name.into())
}

#[derive(Debug, Default)]
pub struct Tickets {
    tickets: Chunks<Ticket, CHUNK>,
}

impl Tickets {
    pub fn give(&mut self, order: Handle, ticket: Ticket) {
        while self.tickets.len() <= order.place() {
            self.tickets.push(Ticket::default());
        }
        self.tickets[order.place()] = ticket;
    }

    /// The same tickets, which stay what they are now.
    pub fn share(&mut self) -> Self {
        Self {
            tickets: self.tickets.share(),
        }
    }
}

impl Index<Handle> for Tickets {
    type Output = Ticket;

    #[inline]
    fn index(&self, order: Handle) -> &Ticket {
        &self.tickets[order.place()]
    }
}

impl IndexMut<Handle> for Tickets {
    #[inline]
    fn index_mut(&mut self, order: Handle) -> &mut Ticket {
        &mut self.tickets[order.place()]
    }
}
