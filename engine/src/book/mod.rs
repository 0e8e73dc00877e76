//! The book of one instrument: resting orders, matching, auctions, phases.
//!
//! The native counterpart of `bulkhead/domain/book`, which is the specification: the same modules by command
//! family and per rule, with the same names (`matching` is `match` there, a word of Rust). The rules in
//! words, with their tests: docs/rules.md. What differs: the orders are in one store (`orders`) and named by
//! handles, and a refusal is the `Err` of what refuses.
//!
//! Arithmetic is checked in every profile (Cargo.toml): a sum that leaves its range panics. Where the
//! reference allows a sum beyond an i64 there is an i128.

#![forbid(unsafe_code)]

pub mod bands;
#[expect(
    clippy::module_inception,
    reason = "the reference has it so: the commands together"
)]
pub mod book;
pub mod book_rules;
mod cancel;
pub mod contents;
mod display;
pub mod equilibrium;
mod expiry;
mod leave;
mod link;
mod links;
mod live;
mod mass_cancel;
mod mass_quote;
mod matching;
pub mod order;
pub mod orders;
pub mod outcomes;
mod parked;
mod phase;
mod place;
mod plan;
mod post_only;
pub mod pro_rata;
mod refuse;
pub mod replace;
mod self_trade;
mod side;
pub mod special;
pub mod state;
mod stops;
pub mod terms;
mod triggers;
mod uncross;
mod waiting;
