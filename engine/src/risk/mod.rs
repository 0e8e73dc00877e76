//! The risk machine: every order is checked and its worst case reserved before it reaches a book.
//!
//! `bulkhead/domain/risk` is the specification, module by module and function by function. Besides: how things
//! are kept, that are objects there: named.rs, names.rs, order.rs, orders.rs, index.rs, recent.rs, keys.rs, terms.rs.

pub mod caps;
pub mod guards;
pub mod index;
pub mod keys;
pub mod model;
pub mod named;
pub mod names;
pub mod order;
pub mod orders;
pub mod recent;
pub mod refusal;
pub mod terms;
