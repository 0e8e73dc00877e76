//! The machine of one book partition. The modules are those of `bulkhead/domain/book_partition`.
//!
//! What the reference calls a partition is in two parts here, so that an instrument can be changed while the
//! other part is looked at: `Market`, which is the same for all of its instruments, and the instruments.

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
mod outcomes;
mod own_deeds;
mod phases;
mod public_feed;
mod quotes;
mod regime;
mod reversal;
mod special;
mod state;
mod timetable;
mod trades;
