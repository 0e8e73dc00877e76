//! What all messages have in common.

use crate::msgpack::{Malformed, Read, Reader, Writer};

/// What one event says.
pub trait Message {
    /// Its type's, which the event begins with.
    const NUMBER: u8;

    /// Write the event.
    fn write(&self, to: &mut Writer);
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecodable {
    Malformed(Malformed),
    /// No message has this number.
    TypeUnknown(u8),
}

impl From<Malformed> for Undecodable {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl std::fmt::Display for Undecodable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(formatter),
            Self::TypeUnknown(number) => write!(formatter, "no message has the type number {number}"),
        }
    }
}

/// The number that an event begins with, the count of the fields after it, and their bytes.
#[inline]
fn open(event: &[u8]) -> Read<(u8, usize, Reader<'_>)> {
    let number = type_number(event)?;
    let mut reader = Reader::new(event);
    let fields = reader.array()? - 1;
    reader.int()?;
    Ok((number, fields, reader))
}

/// The message of an event, whose fields `read` reads, so many as are known of those that there are. Fields
/// behind them are ignored. `said`: how many of its fields an event has to have that ends with them.
#[inline]
pub(super) fn whole<'a, M>(
    event: &'a [u8],
    known: usize,
    read: impl FnOnce(&mut Reader<'a>, usize) -> Read<M>,
    said: impl FnOnce(&M) -> usize,
) -> Read<M> {
    let (_, fields, mut reader) = open(event)?;
    let message = read(&mut reader, fields)?;
    if fields <= known && fields != said(&message) {
        return Err(Malformed(
            "an event that lacks a field, or ends with one that says nothing",
        ));
    }
    for _ in known..fields {
        reader.skip()?;
    }
    if reader.is_at_end() {
        Ok(message)
    } else {
        Err(Malformed("bytes behind the event"))
    }
}

/// The number that an event begins with.
#[inline]
pub fn type_number(event: &[u8]) -> Read<u8> {
    let at = match event.first() {
        Some(0x91..=0x9f) => 1,
        Some(0xdc) => 3,
        _ => event.len(),
    };
    match (event.get(at), event.get(at + 1)) {
        (Some(&number @ 0..=0x7f), _) | (Some(0xcc), Some(&number @ 0x80..)) => Ok(number),
        _ => Err(Malformed(
            "an event is an array that begins with its type's number, 0 to 255",
        )),
    }
}

/// Declare messages: structures with the fields of the table, and how they are read and written.
macro_rules! messages {
    ($($name:ident $(<$life:lifetime>)? { $($field:ident: $kind:ty,)* })+) => {$(
        $crate::wire::event::message!($name $(<$life>)? { $($field: $kind,)* });
    )+};
}
pub(super) use messages;

macro_rules! message {
    ($name:ident { $($field:ident: $kind:ty,)* }) => {
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $(pub $field: <$kind as Kind>::Value<'static>,)* }

        impl Kind for $name {
            type Value<'a> = Self;

            fn read(from: &mut Reader<'_>) -> Read<Self> {
                from.array_of(Self::FIELDS)?;
                Self::read_fields(from, Self::FIELDS)
            }

            fn write(value: &Self, to: &mut Writer) {
                to.array(Self::FIELDS);
                value.write_fields(to);
            }
        }

        impl $name {
            pub const FIELDS: usize = {
                let names: &[&str] = &[$(stringify!($field)),*];
                names.len()
            };

            /// So many as there are.
            #[inline]
            fn read_fields(_from: &mut Reader<'_>, _fields: usize) -> Read<Self> {
                let mut _place = 0;
                Ok(Self { $($field: {
                    _place += 1;
                    <$kind as Kind>::read_if(_place <= _fields, _from)?
                },)* })
            }

            /// How many fields it has on the wire.
            #[inline]
            fn said(&self) -> usize {
                let (mut _place, mut _said) = (0, 0);
                $(
                    _place += 1;
                    if <$kind as Kind>::is_said(&self.$field) {
                        _said = _place;
                    }
                )*
                _said
            }

            #[inline]
            fn write_fields(&self, _to: &mut Writer) {
                let (_said, mut _place) = (self.said(), 0);
                $(
                    _place += 1;
                    if _place <= _said {
                        <$kind as Kind>::write(&self.$field, _to);
                    }
                )*
            }
        }
    };
    ($name:ident<$life:lifetime> { $($field:ident: $kind:ty,)* }) => {
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name<$life> { $(pub $field: <$kind as Kind>::Value<$life>,)* }

        impl Kind for $name<'static> {
            type Value<'a> = $name<'a>;

            fn read<'a>(from: &mut Reader<'a>) -> Read<$name<'a>> {
                from.array_of(Self::FIELDS)?;
                $name::read_fields(from, Self::FIELDS)
            }

            fn write(value: &$name<'_>, to: &mut Writer) {
                to.array(Self::FIELDS);
                value.write_fields(to);
            }
        }

        impl<$life> $name<$life> {
            pub const FIELDS: usize = {
                let names: &[&str] = &[$(stringify!($field)),*];
                names.len()
            };

            /// So many as there are.
            #[inline]
            fn read_fields(from: &mut Reader<$life>, fields: usize) -> Read<Self> {
                let mut place = 0;
                Ok(Self { $($field: {
                    place += 1;
                    <$kind as Kind>::read_if(place <= fields, from)?
                },)* })
            }

            /// How many fields it has on the wire.
            #[inline]
            fn said(&self) -> usize {
                let (mut place, mut said) = (0, 0);
                $(
                    place += 1;
                    if <$kind as Kind>::is_said(&self.$field) {
                        said = place;
                    }
                )*
                said
            }

            #[inline]
            fn write_fields(&self, to: &mut Writer) {
                let (said, mut place) = (self.said(), 0);
                $(
                    place += 1;
                    if place <= said {
                        <$kind as Kind>::write(&self.$field, to);
                    }
                )*
            }
        }
    };
}
pub(super) use message;

/// Declare the type numbers of messages, and with them what an event may be.
macro_rules! events {
    ($bytes:lifetime: $($number:literal $name:ident $(<$life:lifetime>)?,)+) => {
        $(
            impl $(<$life>)? Message for $name $(<$life>)? {
                const NUMBER: u8 = $number;

                fn write(&self, to: &mut Writer) {
                    to.array(1 + self.said());
                    to.int($number);
                    self.write_fields(to);
                }
            }

            impl<$bytes> $name $(<$life>)? {
                /// The message in an event of this type. Fields after the last known are ignored.
                #[inline]
                pub fn decode(event: &$bytes [u8]) -> Read<Self> {
                    $crate::wire::event::whole(event, Self::FIELDS, Self::read_fields, Self::said)
                }
            }
        )+

        /// Any message.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event<$bytes> { $($name($name $(<$life>)?),)+ }

        impl<$bytes> Event<$bytes> {
            /// The message in an event. Fields after the last known are ignored.
            pub fn decode(event: &$bytes [u8]) -> Result<Self, Undecodable> {
                match $crate::wire::event::type_number(event)? {
                    $($number => Ok(Self::$name($name::decode(event)?)),)+
                    number => Err(Undecodable::TypeUnknown(number)),
                }
            }

            pub fn write(&self, to: &mut Writer) {
                match self {
                    $(Self::$name(message) => message.write(to),)+
                }
            }
        }
    };
}
pub(super) use events;
