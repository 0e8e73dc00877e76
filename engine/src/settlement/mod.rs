//! The settlement machine: a double-entry ledger; each trade's legs settle at once, delivery versus payment.
//!
//! The native counterpart of `bulkhead/domain/settlement`, with its modules and names. An account_id is a number
//! from where it comes in (`ledger::contents::HolderId`), by which its participant's slot is found too.

#![forbid(unsafe_code)]

mod definitions;
mod deposits;
mod early_legs;
mod founding;
mod giving;
mod isolation;
mod leaving_state;
mod legs;
pub mod machine;
mod model;
mod moving;
mod state;
