//! MessagePack as the exchange uses it: nil, bool, integers, UTF-8 text, bin, arrays, maps.
//!
//! Anything else is malformed, and so is a value whose form is longer than it need be (docs/wire.md).

mod writer;

pub use writer::Writer;

/// Why bytes are malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "malformed MessagePack: {}", self.0)
    }
}

pub type Read<T> = Result<T, Malformed>;

const TRUNCATED: Malformed = Malformed("the bytes end within a value");
const LONGER: Malformed = Malformed("a length in a longer form than it need be");
const NIL: u8 = 0xc0;
const FALSE: u8 = 0xc2;
const TRUE: u8 = 0xc3;

/// How deep arrays and maps may stand in one another in a value that is skipped.
const DEPTH_MAX: u8 = 16;

/// Reads values one after another.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether the next value is nil; then it has been read.
    pub fn nil(&mut self) -> bool {
        let is_nil = self.rest.first() == Some(&NIL);
        if is_nil {
            self.rest = &self.rest[1..];
        }
        is_nil
    }

    #[inline]
    pub fn int(&mut self) -> Read<i64> {
        if let [first @ 0..=0x7f, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok((*first).into());
        }
        self.long_int()
    }

    fn long_int(&mut self) -> Read<i64> {
        let (value, shortest) = self.int_of_any_length()?;
        if shortest {
            Ok(value)
        } else {
            Err(Malformed("an integer longer than it need be"))
        }
    }

    /// An integer, and whether it stands in its shortest form.
    pub fn int_of_any_length(&mut self) -> Read<(i64, bool)> {
        let first = self.byte()?;
        let (value, least, most): (i64, i64, i64) = match first {
            0x00..=0x7f => return Ok((first.into(), true)),
            0xe0..=0xff => return Ok(((first as i8).into(), true)),
            0xcc => (self.byte()?.into(), 0x80, i64::MAX),
            0xcd => (u16::from_be_bytes(self.bytes()?).into(), 1 << 8, i64::MAX),
            0xce => (u32::from_be_bytes(self.bytes()?).into(), 1 << 16, i64::MAX),
            0xcf => {
                let value = i64::try_from(u64::from_be_bytes(self.bytes()?));
                (
                    value.map_err(|_| Malformed("an integer beyond 63 bits"))?,
                    1 << 32,
                    i64::MAX,
                )
            }
            0xd0 => (i8::from_be_bytes(self.bytes()?).into(), i64::MIN, -0x21),
            0xd1 => (
                i16::from_be_bytes(self.bytes()?).into(),
                i64::MIN,
                i64::from(i8::MIN) - 1,
            ),
            0xd2 => (
                i32::from_be_bytes(self.bytes()?).into(),
                i64::MIN,
                i64::from(i16::MIN) - 1,
            ),
            0xd3 => (
                i64::from_be_bytes(self.bytes()?),
                i64::MIN,
                i64::from(i32::MIN) - 1,
            ),
            _ => return Err(Malformed("not an integer")),
        };
        Ok((value, (least..=most).contains(&value)))
    }

    /// As `Writer::sum` writes one.
    pub fn sum(&mut self) -> Read<i128> {
        match self.rest {
            [0xcf, 0x80..=0xff, ..] => {
                self.byte()?;
                Ok(u64::from_be_bytes(self.bytes()?).into())
            }
            _ => self.int().map(i128::from),
        }
    }

    /// An integer or nil.
    pub fn optional_int(&mut self) -> Read<Option<i64>> {
        if self.nil() {
            Ok(None)
        } else {
            self.int().map(Some)
        }
    }

    /// An integer that is 0 or 1.
    pub fn flag(&mut self) -> Read<bool> {
        match self.int()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("a flag is 0 or 1")),
        }
    }

    pub fn boolean(&mut self) -> Read<bool> {
        match self.byte()? {
            FALSE => Ok(false),
            TRUE => Ok(true),
            _ => Err(Malformed("not a bool")),
        }
    }

    pub fn text(&mut self) -> Read<&'a str> {
        let length = match self.byte()? {
            first @ 0xa0..=0xbf => usize::from(first & 0x1f),
            0xd9 => self.length::<1>(32)?,
            0xda => self.length::<2>(1 << 8)?,
            0xdb => self.length::<4>(1 << 16)?,
            _ => return Err(Malformed("not a text")),
        };
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed("a text that is not UTF-8"))
    }

    pub fn bin(&mut self) -> Read<&'a [u8]> {
        let length = match self.byte()? {
            0xc4 => self.length::<1>(0)?,
            0xc5 => self.length::<2>(1 << 8)?,
            0xc6 => self.length::<4>(1 << 16)?,
            _ => return Err(Malformed("not a bin")),
        };
        self.take(length)
    }

    /// A bin of just so many bytes.
    pub fn bin_of<const N: usize>(&mut self) -> Read<&'a [u8; N]> {
        self.bin()?
            .try_into()
            .map_err(|_| Malformed("a bin of another length"))
    }

    /// The number of values of an array, which follow.
    pub fn array(&mut self) -> Read<usize> {
        match self.byte()? {
            first @ 0x90..=0x9f => Ok(usize::from(first & 0x0f)),
            0xdc => self.length::<2>(16),
            0xdd => self.length::<4>(1 << 16),
            _ => Err(Malformed("not an array")),
        }
    }

    /// As `array`, of just so many values.
    pub fn array_of(&mut self, length: usize) -> Read<()> {
        if self.array()? == length {
            Ok(())
        } else {
            Err(Malformed("an array of another length"))
        }
    }

    /// The number of entries of a map, which follow, each a key and a value.
    pub fn map(&mut self) -> Read<usize> {
        match self.byte()? {
            first @ 0x80..=0x8f => Ok(usize::from(first & 0x0f)),
            0xde => self.length::<2>(16),
            0xdf => self.length::<4>(1 << 16),
            _ => Err(Malformed("not a map")),
        }
    }

    /// Pass over a value of any kind, in any form.
    pub fn skip(&mut self) -> Read<()> {
        self.skip_within(DEPTH_MAX)
    }

    /// As `skip`, of what this process or another engine has written: as deep as it may be.
    pub fn skip_deep(&mut self) -> Read<()> {
        self.skip_within(u8::MAX)
    }

    fn skip_within(&mut self, depth: u8) -> Read<()> {
        let (bytes, values) = match self.byte()? {
            0x00..=0x7f | 0xe0..=0xff | NIL | FALSE | TRUE => (0, 0),
            first @ 0x80..=0x8f => (0, 2 * usize::from(first & 0x0f)),
            first @ 0x90..=0x9f => (0, usize::from(first & 0x0f)),
            first @ 0xa0..=0xbf => (usize::from(first & 0x1f), 0),
            0xc4 | 0xd9 => (self.length::<1>(0)?, 0),
            0xc5 | 0xda => (self.length::<2>(0)?, 0),
            0xc6 | 0xdb => (self.length::<4>(0)?, 0),
            0xc7 => (self.length::<1>(0)? + 1, 0),
            0xc8 => (self.length::<2>(0)? + 1, 0),
            0xc9 => (self.length::<4>(0)? + 1, 0),
            0xcc | 0xd0 => (1, 0),
            0xcd | 0xd1 | 0xd4 => (2, 0),
            0xd5 => (3, 0),
            0xca | 0xce | 0xd2 => (4, 0),
            0xd6 => (5, 0),
            0xcb | 0xcf | 0xd3 => (8, 0),
            0xd7 => (9, 0),
            0xd8 => (17, 0),
            0xdc => (0, self.length::<2>(0)?),
            0xdd => (0, self.length::<4>(0)?),
            0xde => (0, 2 * self.length::<2>(0)?),
            0xdf => (0, 2 * self.length::<4>(0)?),
            0xc1 => return Err(Malformed("no value begins with 0xc1")),
        };
        self.take(bytes)?;
        if values > 0 && depth == 0 {
            return Err(Malformed("arrays and maps more than 16 deep"));
        }
        for _ in 0..values {
            self.skip_within(depth - 1)?;
        }
        Ok(())
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// A length of N bytes, which a shorter form has no room for from `least` on.
    pub(crate) fn length<const N: usize>(&mut self, least: usize) -> Read<usize> {
        let length = self
            .bytes::<N>()?
            .iter()
            .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        if length < least { Err(LONGER) } else { Ok(length) }
    }

    pub(crate) fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Read<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Reader, Writer};

    const EDGES: [i64; 19] = [
        0,
        0x7f,
        0x80,
        0xff,
        0x100,
        0xffff,
        0x1_0000,
        0xffff_ffff,
        0x1_0000_0000,
        i64::MAX,
        -1,
        -0x20,
        -0x21,
        -0x80,
        -0x81,
        -0x8000,
        -0x8001,
        -0x8000_0001,
        i64::MIN,
    ];

    #[test]
    fn an_integer_that_was_written_is_read_again() {
        for value in EDGES {
            let mut writer = Writer::default();
            writer.int(value);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.int(), Ok(value));
            assert!(reader.is_at_end());
        }
    }

    #[test]
    fn an_integer_longer_than_it_need_be_is_malformed() {
        for bytes in [
            &[0xcc, 0x7f][..],
            &[0xcd, 0, 0xff],
            &[0xd0, 0xe0],
            &[0xd0, 1],
            &[0xd1, 0xff, 0x80],
        ] {
            assert_eq!(
                Reader::new(bytes).int(),
                Err(Malformed("an integer longer than it need be")),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_bin_is_the_same_whether_its_length_is_known_before_or_after() {
        for length in [0, 1, 0xff, 0x100, 0xffff, 0x1_0000] {
            let bytes = vec![7; length];
            let (mut before, mut after) = (Writer::default(), Writer::default());
            before.bin(&bytes);
            after.bin_of(|to| to.raw(&bytes));
            assert_eq!(before.as_bytes(), after.as_bytes(), "{length}");
        }
    }

    #[test]
    fn a_text_is_written_whole_whatever_its_length() {
        for length in 0..100 {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let mut writer = Writer::default();
            writer.text(&text);
            assert_eq!(Reader::new(writer.as_bytes()).text(), Ok(&*text));
        }
    }

    #[test]
    fn a_value_that_the_bytes_end_within_is_malformed() {
        let truncated = Err(Malformed("the bytes end within a value"));
        assert_eq!(Reader::new(&[0xcd, 1]).int(), truncated);
        assert_eq!(Reader::new(&[]).int(), truncated);
        assert_eq!(Reader::new(&[0xa2, b'g']).text().map(|_| 0), truncated);
    }
}
