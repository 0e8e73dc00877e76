//! The native engine: the machines of books, risk and settlement, loaded by Python as `bulkhead._engine`.
//!
//! It has no logic of its own to explain: `bulkhead/domain` is the specification, and what this crate
//! answers is equal to it byte for byte. docs/engine.md says which machines there are.

pub mod authentication;
pub mod book;
pub mod book_bytes;
pub mod book_partition;
mod by_slot;
pub mod chunks;
mod fees;
mod index;
mod integers;
pub mod ledger;
pub mod machine;
pub mod msgpack;
mod name_hash;
mod named;
mod order_ids;
mod python;
pub mod risk;
pub mod settlement;
pub mod view;

/// The module, for a binary that has both an interpreter and this engine in it.
pub use python::_engine as python_module;

pub mod wire;

/// The crate's version: the package and the engine that it loads must be of one build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether a profile of exchanges at work guided the compiler (engine/pgo/run).
pub const PROFILE_GUIDED: bool = cfg!(profile_guided);

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_has_three_numbers() {
        assert_eq!(VERSION.split('.').flat_map(str::parse::<u32>).count(), 3);
    }
}
