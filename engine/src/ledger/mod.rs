//! A double-entry ledger: what a settlement shard asks of one.
//!
//! The counterpart of `bulkhead/domain/ledger`, without what no message leads to: flags of accounts, pending
//! transfers with their posts and voids, and the memory of transfers that refuses repetitions, which settlement
//! has forgotten as soon as they are booked. In a snapshot all of them are empty, and one in which they are not
//! is refused. An account is opened where it is first named, as settlement has it done; and where one of several
//! transfers is refused those before it are not taken back, since the machine stops.

#![forbid(unsafe_code)]

pub mod accounts;
pub mod contents;
mod state;
pub mod transfers;
