//! The only place of this crate that knows the wire: events to messages and back, frames.
//!
//! An event is one MessagePack array: its type's number, then its fields, everything in its shortest form.
//! What is malformed is what the reference's codec (`bulkhead/wire/codec.py`) calls so.

pub mod event;
pub mod frame;
pub mod kinds;
// Written by `python -m bulkhead.wire.rust`, in its own form.
#[rustfmt::skip]
pub mod messages;
#[rustfmt::skip]
pub mod vocabulary;
