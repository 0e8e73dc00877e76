//! A frame: one log message, which carries consecutive events of one stream.
//!
//! Who verifies a frame has read it by then, with the reference's codec: what that takes is taken here, forms
//! that are longer than they need be included (nothing depends on how a frame's head is written).

use crate::msgpack::{Malformed, Read, Reader};

pub const AUTHENTICATION_BYTES: usize = 64;
/// A longer one is refused unread.
const RECEIVED_BYTES_MAX: usize = 1024 * 1024;
const FIELDS: usize = 9;
const FORMAT_VERSION: i64 = 1;
const NAME_CHARACTERS_MAX: usize = 100;

/// The public key and the epoch of a stream that a key signs.
pub type Signer = ([u8; 32], i64);

/// A frame as received; events are borrowed from it.
#[derive(Debug)]
pub struct Frame<'a> {
    pub exchange_id: &'a str,
    /// 16 bytes.
    pub genesis_id: &'a [u8],
    pub source: &'a str,
    pub destination: &'a str,
    /// Sequence of the first event.
    pub first: i64,
    /// The stream's running CRC-32 before it.
    pub crc: u32,
    pub events: Vec<&'a [u8]>,
    /// The events, each a bin, one after another.
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    pub fn read(data: &'a [u8]) -> Read<Self> {
        if data.len() > RECEIVED_BYTES_MAX {
            return Err(Malformed("longer than a frame may be"));
        }
        let authenticated = data
            .get(AUTHENTICATION_BYTES..)
            .ok_or(Malformed("shorter than its authentication"))?;
        let mut from = Reader::new(authenticated);
        if array(&mut from)? != FIELDS || int(&mut from, 0, i64::MAX)? != FORMAT_VERSION {
            return Err(Malformed("not a frame of this version"));
        }
        let exchange_id = name(&mut from)?;
        let genesis_id = bin(&mut from)?;
        if genesis_id.len() != 16 {
            return Err(Malformed("a genesis id of another length"));
        }
        let (source, destination) = (name(&mut from)?, name(&mut from)?);
        let first = int(&mut from, 1, i64::MAX)?;
        let crc = int(&mut from, 0, u32::MAX.into())? as u32;
        int(&mut from, 0, i64::MAX)?;
        let count = array(&mut from)?;
        let body = from.rest();
        let mut events = Vec::with_capacity(count.min(data.len()));
        for _ in 0..count {
            events.push(bin(&mut from)?);
        }
        if events.is_empty() || !from.is_at_end() {
            return Err(Malformed(
                "a frame carries at least one event, and nothing behind them",
            ));
        }
        Ok(Self {
            exchange_id,
            genesis_id,
            source,
            destination,
            first,
            crc,
            events,
            body,
        })
    }

    /// Sequence of the last event.
    pub fn last(&self) -> i64 {
        self.first + self.events.len() as i64 - 1
    }

    /// How many bytes of the body its first `count` events take.
    pub fn end_of(&self, count: usize) -> usize {
        let last = self.events[..count].last();
        last.map_or(0, |event| {
            event.as_ptr_range().end.addr() - self.body.as_ptr().addr()
        })
    }

    /// Whose stream it is of; None where its source is internal.
    pub fn signer(&self) -> Option<Signer> {
        let (key, epoch) = self.source.split_at_checked(64)?;
        let epoch = epoch.strip_prefix('/')?;
        let canonical = epoch.bytes().all(|digit| digit.is_ascii_digit()) && !epoch.starts_with('0');
        let epoch = epoch.parse().ok().filter(|_| canonical)?;
        let mut public_key = [0; 32];
        for (byte, pair) in public_key.iter_mut().zip(key.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some((public_key, epoch))
    }
}

/// The value of a hexadecimal digit in the one spelling that a source has.
fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// How many bytes the first `count` events of a body take.
pub fn end_in(body: &[u8], count: usize) -> Read<usize> {
    let mut from = Reader::new(body);
    for _ in 0..count {
        bin(&mut from)?;
    }
    Ok(body.len() - from.rest().len())
}

/// The stream's running CRC-32 after an event more.
pub fn advance_crc(crc: u32, event: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(crc);
    hasher.update(event);
    hasher.finalize()
}

/// As `advance_crc` over events that stand one after another, each a bin.
///
/// They are joined first, since a CRC-32 of many bytes at once costs a tenth of what one of a few at a time does.
///
/// # Panics
/// Where there is something else than bins: they have been read, or written here.
pub fn advance_crc_over(crc: u32, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(crc);
    let (mut joined, mut end) = ([0; JOINED_BYTES], 0);
    let mut from = Reader::new(body);
    while !from.is_at_end() {
        let event = bin(&mut from).expect("events that are bins");
        if event.len() > SHORT_BYTES {
            hasher.update(&joined[..end]);
            hasher.update(event);
            end = 0;
            continue;
        }
        if end + SHORT_BYTES > JOINED_BYTES {
            hasher.update(&joined[..end]);
            end = 0;
        }
        let to = &mut joined[end..end + SHORT_BYTES];
        match body
            .get(body.len() - from.rest().len() - event.len()..)
            .and_then(<[u8]>::first_chunk)
        {
            Some(chunk) => *to.first_chunk_mut::<SHORT_BYTES>().expect("looked at above") = *chunk,
            None => to[..event.len()].copy_from_slice(event),
        }
        end += event.len();
    }
    hasher.update(&joined[..end]);
    hasher.finalize()
}

/// What is copied at once, whatever an event's length, where so much follows: the next copy goes over the rest.
const SHORT_BYTES: usize = 64;
const JOINED_BYTES: usize = 1024;

fn int(from: &mut Reader<'_>, least: i64, most: i64) -> Read<i64> {
    let (value, _) = from.int_of_any_length()?;
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Malformed("a number out of its range"))
    }
}

fn array(from: &mut Reader<'_>) -> Read<usize> {
    match from.byte()? {
        first @ 0x90..=0x9f => Ok(usize::from(first & 0x0f)),
        0xdc => from.length::<2>(0),
        0xdd => from.length::<4>(0),
        _ => Err(Malformed("not an array")),
    }
}

fn bin<'a>(from: &mut Reader<'a>) -> Read<&'a [u8]> {
    let length = match from.byte()? {
        0xc4 => from.length::<1>(0)?,
        0xc5 => from.length::<2>(0)?,
        0xc6 => from.length::<4>(0)?,
        _ => return Err(Malformed("not a bin")),
    };
    from.take(length)
}

fn name<'a>(from: &mut Reader<'a>) -> Read<&'a str> {
    let length = match from.byte()? {
        first @ 0xa0..=0xbf => usize::from(first & 0x1f),
        0xd9 => from.length::<1>(0)?,
        0xda => from.length::<2>(0)?,
        0xdb => from.length::<4>(0)?,
        _ => return Err(Malformed("not a text")),
    };
    let text = std::str::from_utf8(from.take(length)?).map_err(|_| Malformed("a text that is not UTF-8"))?;
    if text.is_empty() || text.chars().count() > NAME_CHARACTERS_MAX {
        return Err(Malformed("a name out of its length"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{advance_crc, advance_crc_over};
    use crate::msgpack::Writer;

    #[test]
    fn a_crc_over_joined_events_is_that_of_one_after_another() {
        for count in [0, 1, 7, 100] {
            let events: Vec<Vec<u8>> = (0..count).map(|n| vec![n as u8; n * 37 % 101]).collect();
            let mut body = Writer::default();
            events.iter().for_each(|event| body.bin(event));
            let crc = events.iter().fold(5, |crc, event| advance_crc(crc, event));
            assert_eq!(advance_crc_over(5, body.as_bytes()), crc);
        }
    }

    #[test]
    fn a_crc_goes_on_where_it_was() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(advance_crc(advance_crc(0, b"1234"), b"56789"), 0xcbf4_3926);
    }
}
