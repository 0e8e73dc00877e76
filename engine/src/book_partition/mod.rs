//! A book partition: books with tickets for risk, settlement and the public feed.
//!
//! The native counterpart of `bulkhead/domain/book_partition`, with its modules and names; `fill`, `trades`
//! and the other tellers take what they tell of as arguments, since an outcome is a variant here, no class.
//! What the instruments of a partition share is in `model::Common`, so that one of them can be changed while
//! it is read. An order's ticket is found by the order's handle.

#![forbid(unsafe_code)]

mod accounts;
mod ahead;
mod auctions;
mod breaker;
mod collar;
mod collar_feed;
mod commands;
mod decisions;
mod definitions;
mod endings;
mod fill;
mod isolation;
mod kept_trades;
mod linked;
pub mod machine;
mod model;
mod moving;
mod outcomes;
mod own_deeds;
mod phases;
mod public_feed;
mod quotes;
mod regime;
mod reversal;
mod shards;
mod special;
mod state;
mod tickets;
mod timetable;
mod trades;
