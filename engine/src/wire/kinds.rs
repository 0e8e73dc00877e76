//! The kinds of field that a message may have: how each looks in MessagePack and what it may hold.
//!
//! The names are those of `bulkhead/wire/kinds.py`. Every integer is an i64 here, whatever its range on the
//! wire: the machines reckon with them.

use std::marker::PhantomData;

use crate::msgpack::{Malformed, Read, Reader, Writer};

/// How a field is read and written. The implementors name kinds; nothing is made of them.
pub trait Kind {
    type Value<'a>;

    fn read<'a>(from: &mut Reader<'a>) -> Read<Self::Value<'a>>;

    fn write(value: &Self::Value<'_>, to: &mut Writer);

    /// Read a field of an event that may end before it: `there` is false then.
    #[inline]
    fn read_if<'a>(_there: bool, from: &mut Reader<'a>) -> Read<Self::Value<'a>> {
        Self::read(from)
    }

    /// Whether an event that would end with it has to have it.
    #[inline]
    fn is_said(_value: &Self::Value<'_>) -> bool {
        true
    }
}

/// A closed vocabulary: each name with its number, which is never reused.
macro_rules! vocabulary {
    ($(#[$attribute:meta])* $name:ident { $($variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($variant = $number),+ }

        impl $name {
            /// The name that a number stands for; None for a number that was never given.
            pub fn from_number(number: i64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            pub fn number(self) -> i64 {
                self as i64
            }

            /// Where it stands in the order of its declaration.
            pub fn precedence(self) -> usize {
                let all = [$(Self::$variant),+];
                all.into_iter().position(|each| each == self).expect("it is one of all")
            }
        }
    };
}
pub(crate) use vocabulary;

/// A vocabulary as a kind of field.
macro_rules! one_of {
    ($name:ident) => {
        impl $crate::wire::kinds::Kind for $name {
            type Value<'a> = Self;

            fn read(from: &mut $crate::msgpack::Reader<'_>) -> $crate::msgpack::Read<Self> {
                Self::from_number(from.int()?).ok_or($crate::wire::kinds::UNNAMED)
            }

            fn write(value: &Self, to: &mut $crate::msgpack::Writer) {
                to.int(value.number());
            }
        }
    };
}
pub(crate) use one_of;

pub const UNNAMED: Malformed = Malformed("a number that names nothing");
const OUT_OF_RANGE: Malformed = Malformed("a number out of its range");
const OUT_OF_LENGTH: Malformed = Malformed("a text or bin out of its length");

macro_rules! integers {
    ($($name:ident: $low:expr, $high:expr;)+) => {$(
        pub enum $name {}

        impl Kind for $name {
            type Value<'a> = i64;

            fn read(from: &mut Reader<'_>) -> Read<i64> {
                let value = from.int()?;
                if ($low..=$high).contains(&value) { Ok(value) } else { Err(OUT_OF_RANGE) }
            }

            fn write(value: &i64, to: &mut Writer) {
                to.int(*value);
            }
        }
    )+};
}

integers! {
    U8: 0, 0xff;
    U16: 0, 0xffff;
    U32: 0, 0xffff_ffff;
    U63: 0, i64::MAX;
    Rate: -10_000_000, 10_000_000;
    Ticks: -(1 << 62), 1 << 62;
    Lots: 0, 1 << 62;
    Permissions: 0, 7;
}

macro_rules! texts {
    ($($name:ident: $least:expr, $most:expr;)+) => {$(
        pub enum $name {}

        impl Kind for $name {
            type Value<'a> = &'a str;

            fn read<'a>(from: &mut Reader<'a>) -> Read<&'a str> {
                let text = from.text()?;
                // A text has at most as many characters as bytes: few have to be counted.
                let fits = text.len() <= $most || text.chars().count() <= $most;
                if fits && text.len() + 1 > $least { Ok(text) } else { Err(OUT_OF_LENGTH) }
            }

            fn write(value: &&str, to: &mut Writer) {
                to.text(value);
            }
        }
    )+};
}

texts! {
    Id: 1, 32;
    Text: 0, 64;
    Name: 0, 100;
    Note: 0, 4096;
}

macro_rules! bins {
    ($($name:ident: $most:expr;)+) => {$(
        pub enum $name {}

        impl Kind for $name {
            type Value<'a> = &'a [u8];

            fn read<'a>(from: &mut Reader<'a>) -> Read<&'a [u8]> {
                let bin = from.bin()?;
                if bin.len() <= $most { Ok(bin) } else { Err(OUT_OF_LENGTH) }
            }

            fn write(value: &&[u8], to: &mut Writer) {
                to.bin(value);
            }
        }
    )+};
}

bins! {
    Blob: 4096;
    Body: 65536;
    Part: 1_000_000;
}

pub enum Bool {}

impl Kind for Bool {
    type Value<'a> = bool;

    fn read(from: &mut Reader<'_>) -> Read<bool> {
        from.boolean()
    }

    fn write(value: &bool, to: &mut Writer) {
        to.boolean(*value);
    }
}

/// A public key, or a SHA-256.
pub enum Bin32 {}

pub type Key = Bin32;
pub type Digest = Bin32;

impl Kind for Bin32 {
    type Value<'a> = &'a [u8; 32];

    fn read<'a>(from: &mut Reader<'a>) -> Read<&'a [u8; 32]> {
        from.bin_of()
    }

    fn write(value: &&[u8; 32], to: &mut Writer) {
        to.bin(value.as_slice());
    }
}

pub enum Amount {}

impl Kind for Amount {
    type Value<'a> = u128;

    fn read(from: &mut Reader<'_>) -> Read<u128> {
        from.bin_of().map(|bytes| u128::from_be_bytes(*bytes))
    }

    fn write(value: &u128, to: &mut Writer) {
        to.bin(&value.to_be_bytes());
    }
}

pub enum SignedAmount {}

impl Kind for SignedAmount {
    type Value<'a> = i128;

    fn read(from: &mut Reader<'_>) -> Read<i128> {
        from.bin_of().map(|bytes| i128::from_be_bytes(*bytes))
    }

    fn write(value: &i128, to: &mut Writer) {
        to.bin(&value.to_be_bytes());
    }
}

/// Nil, or a value of the kind.
pub struct Nullable<K>(PhantomData<K>);

impl<K: Kind> Kind for Nullable<K> {
    type Value<'a> = Option<K::Value<'a>>;

    fn read<'a>(from: &mut Reader<'a>) -> Read<Self::Value<'a>> {
        if from.nil() {
            Ok(None)
        } else {
            K::read(from).map(Some)
        }
    }

    fn write(value: &Self::Value<'_>, to: &mut Writer) {
        match value {
            Some(value) => K::write(value, to),
            None => to.nil(),
        }
    }
}

/// A number that a message got when logs had it already: 0 is left out, as it was before.
pub struct Later<K>(PhantomData<K>);

impl<K: for<'a> Kind<Value<'a> = i64>> Kind for Later<K> {
    type Value<'a> = i64;

    fn read(from: &mut Reader<'_>) -> Read<i64> {
        K::read(from)
    }

    fn write(value: &i64, to: &mut Writer) {
        K::write(value, to);
    }

    fn read_if(there: bool, from: &mut Reader<'_>) -> Read<i64> {
        if there { K::read(from) } else { Ok(0) }
    }

    fn is_said(value: &i64) -> bool {
        *value != 0
    }
}

const SEVERAL_MAX: usize = 255;

/// An array of records.
pub struct Several<K>(PhantomData<K>);

impl<K: Kind> Kind for Several<K> {
    type Value<'a> = Vec<K::Value<'a>>;

    fn read<'a>(from: &mut Reader<'a>) -> Read<Self::Value<'a>> {
        let length = from.array()?;
        if length > SEVERAL_MAX {
            return Err(Malformed("more records than an array may have"));
        }
        (0..length).map(|_| K::read(from)).collect()
    }

    fn write(value: &Self::Value<'_>, to: &mut Writer) {
        to.array(value.len());
        for each in value {
            K::write(each, to);
        }
    }
}
