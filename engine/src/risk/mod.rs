//! The risk machine: every order is checked and its worst case reserved before it reaches a book.
//!
//! `bulkhead/domain/risk` is the specification, module by module and function by function. Besides: how things
//! are kept, that are objects there: named.rs, names.rs, order.rs, orders.rs, index.rs, recent.rs, keys.rs, terms.rs.

pub mod accounts;
pub mod cancel_ratio;
pub mod caps;
pub mod collar;
pub mod exposure;
pub mod guards;
pub mod index;
pub mod keys;
pub mod model;
pub mod named;
pub mod names;
pub mod negative;
pub mod order;
pub mod orders;
pub mod rate;
pub mod recent;
pub mod refusal;
pub mod risk_events;
pub mod status;
pub mod terms;

/// Where what comes of operators' decisions is told.
pub const DECISIONS: &str = "decisions/0";
