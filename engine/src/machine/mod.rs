//! A machine: bytes in, bytes out. What of it is the same for every kind of shard; the modules and what is in
//! them are those of `bulkhead/machines`.

pub mod aside;
pub mod behaviour;
pub mod domain;
pub mod factory;
#[allow(clippy::module_inception)] // as its class is called in the reference
pub mod machine;
pub mod passing;
pub mod sessions;
pub mod signed;
pub mod snapshot;
pub mod streams;
