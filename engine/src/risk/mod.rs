//! The risk machine: every order is checked and its worst case reserved before it reaches a book.
//!
//! `bulkhead/domain/risk` is the specification, module by module and function by function. Besides: how things
//! are kept, that are objects there: named.rs, names.rs, order.rs, orders.rs, index.rs, recent.rs, keys.rs,
//! terms.rs, and what of a snapshot state.rs leaves to participants_state.rs, orders_state.rs, links_state.rs.

pub mod accounts;
mod ahead;
pub mod answers;
pub mod cancel;
pub mod cancel_ratio;
pub mod caps;
pub mod checks;
pub mod collar;
pub mod definitions;
pub mod disconnect;
pub mod exposure;
pub mod founding;
pub mod guards;
pub mod guards_state;
pub mod isolation;
pub mod keys;
pub mod kill_switch;
pub mod limits;
pub mod limits_state;
pub mod link_terms;
pub mod linked;
pub mod links_state;
pub mod listing;
pub mod lost_book;
pub mod machine;
pub mod mass_cancel;
pub mod mass_quote;
pub mod model;
pub mod moving;
pub mod moving_state;
pub mod named;
pub mod names;
pub mod near;
pub mod negative;
pub mod order;
pub mod order_terms;
pub mod orders;
pub mod orders_state;
pub mod own_deeds;
pub mod participants_state;
pub mod place;
pub mod place_linked;
pub mod protection;
pub mod quote_sets;
pub mod rate;
pub mod recent;
pub mod refusal;
pub mod replace;
pub mod reservation;
pub mod reversal;
pub mod risk_events;
pub mod signers;
pub mod state;
pub mod status;
pub mod terms;
pub mod whose;

/// Where what comes of operators' decisions is told.
pub const DECISIONS: &str = "decisions/0";
