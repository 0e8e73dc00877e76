//! MessagePack as the exchange uses it: nil, integers in their shortest form, UTF-8 text, arrays, maps.
//!
//! Anything else, and an integer that is longer than it need be, is malformed (docs/wire.md).

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
const NIL: u8 = 0xc0;

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

    pub fn int(&mut self) -> Read<i64> {
        let first = self.byte()?;
        let (value, least, most): (i64, i64, i64) = match first {
            0x00..=0x7f => return Ok(first.into()),
            0xe0..=0xff => return Ok((first as i8).into()),
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
        if (least..=most).contains(&value) {
            Ok(value)
        } else {
            Err(Malformed("an integer longer than it need be"))
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

    pub fn text(&mut self) -> Read<&'a str> {
        let length = match self.byte()? {
            first @ 0xa0..=0xbf => usize::from(first & 0x1f),
            0xd9 => usize::from(self.byte()?),
            0xda => usize::from(u16::from_be_bytes(self.bytes()?)),
            _ => return Err(Malformed("not a text")),
        };
        let (text, rest) = self.rest.split_at_checked(length).ok_or(TRUNCATED)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| Malformed("a text that is not UTF-8"))
    }

    /// The number of values of an array, which follow.
    pub fn array(&mut self) -> Read<usize> {
        match self.byte()? {
            first @ 0x90..=0x9f => Ok(usize::from(first & 0x0f)),
            0xdc => Ok(u16::from_be_bytes(self.bytes()?).into()),
            0xdd => Ok(u32::from_be_bytes(self.bytes()?) as usize),
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
            0xde => Ok(u16::from_be_bytes(self.bytes()?).into()),
            0xdf => Ok(u32::from_be_bytes(self.bytes()?) as usize),
            _ => Err(Malformed("not a map")),
        }
    }

    fn byte(&mut self) -> Read<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    fn bytes<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

/// Writes values one after another, each in its shortest form.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn nil(&mut self) {
        self.bytes.push(NIL);
    }

    pub fn int(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.unsigned(value),
            Err(_) => self.negative(value),
        }
    }

    /// As `int`, of a sum that may pass an i64.
    ///
    /// # Panics
    /// When it is beyond 64 bits: MessagePack has no such integer.
    pub fn sum(&mut self, value: i128) {
        match u64::try_from(value) {
            Ok(value) => self.unsigned(value),
            Err(_) => self.negative(i64::try_from(value).expect("a sum within MessagePack's 64 bits")),
        }
    }

    pub fn optional_int(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.int(value),
            None => self.nil(),
        }
    }

    pub fn flag(&mut self, value: bool) {
        self.bytes.push(value.into());
    }

    pub fn text(&mut self, text: &str) {
        let length = text.len();
        match u16::try_from(length).expect("a text of less than 64 KiB") {
            0..=31 => self.bytes.push(0xa0 | length as u8),
            32..=0xff => self.bytes.extend([0xd9, length as u8]),
            length => self.tagged(0xda, &length.to_be_bytes()),
        }
        self.bytes.extend(text.as_bytes());
    }

    pub fn array(&mut self, length: usize) {
        match u32::try_from(length).expect("an array of less than 2^32 values") {
            0..=15 => self.bytes.push(0x90 | length as u8),
            16..=0xffff => self.tagged(0xdc, &(length as u16).to_be_bytes()),
            length => self.tagged(0xdd, &length.to_be_bytes()),
        }
    }

    pub fn map(&mut self, length: usize) {
        match u16::try_from(length).expect("a map of less than 2^16 keys") {
            0..=15 => self.bytes.push(0x80 | length as u8),
            length => self.tagged(0xde, &length.to_be_bytes()),
        }
    }

    fn unsigned(&mut self, value: u64) {
        match value {
            0..=0x7f => self.bytes.push(value as u8),
            0x80..=0xff => self.bytes.extend([0xcc, value as u8]),
            0x100..=0xffff => self.tagged(0xcd, &(value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.tagged(0xce, &(value as u32).to_be_bytes()),
            _ => self.tagged(0xcf, &value.to_be_bytes()),
        }
    }

    fn negative(&mut self, value: i64) {
        match value {
            -0x20..=-1 => self.bytes.push(value as u8),
            -0x80..-0x20 => self.bytes.extend([0xd0, value as u8]),
            -0x8000..-0x80 => self.tagged(0xd1, &(value as i16).to_be_bytes()),
            -0x8000_0000..-0x8000 => self.tagged(0xd2, &(value as i32).to_be_bytes()),
            _ => self.tagged(0xd3, &value.to_be_bytes()),
        }
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.bytes.push(tag);
        self.bytes.extend(bytes);
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
    fn a_value_that_the_bytes_end_within_is_malformed() {
        let truncated = Err(Malformed("the bytes end within a value"));
        assert_eq!(Reader::new(&[0xcd, 1]).int(), truncated);
        assert_eq!(Reader::new(&[]).int(), truncated);
        assert_eq!(Reader::new(&[0xa2, b'g']).text().map(|_| 0), truncated);
    }
}
