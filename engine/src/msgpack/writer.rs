//! What writes MessagePack.

use super::{FALSE, NIL, TRUE};

/// Writes values one after another, each in its shortest form.
///
/// Room is made ahead, so that a short value is a store of a fixed length whatever its own is: the bytes from
/// `end` on mean nothing (docs/engine.md has what that gave).
#[derive(Clone, Debug, Default)]
pub struct Writer {
    room: Vec<u8>,
    end: usize,
}

/// What is made room for at least.
const ROOM: usize = 256;

impl Writer {
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.room.truncate(self.end);
        self.room
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.room[..self.end]
    }

    /// Forget what was written; the room stays.
    pub fn clear(&mut self) {
        self.end = 0;
    }

    /// How much has been made room for, in bytes.
    pub fn room(&self) -> usize {
        self.room.len()
    }

    pub fn nil(&mut self) {
        self.byte(NIL);
    }

    #[inline]
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
        self.byte(value.into());
    }

    pub fn boolean(&mut self, value: bool) {
        self.byte(if value { TRUE } else { FALSE });
    }

    #[inline]
    pub fn text(&mut self, text: &str) {
        let length = text.len();
        match u32::try_from(length).expect("a text of less than 4 GiB") {
            0..=31 => self.byte(0xa0 | length as u8),
            32..=0xff => self.tagged([0xd9, length as u8]),
            0x100..=0xffff => self.long(0xda, &(length as u16).to_be_bytes()),
            length => self.long(0xdb, &length.to_be_bytes()),
        }
        self.raw(text.as_bytes());
    }

    #[inline]
    pub fn bin(&mut self, bytes: &[u8]) {
        let length = bytes.len();
        match u32::try_from(length).expect("a bin of less than 4 GiB") {
            0..=0xff => self.tagged([0xc4, length as u8]),
            0x100..=0xffff => self.long(0xc5, &(length as u16).to_be_bytes()),
            length => self.long(0xc6, &length.to_be_bytes()),
        }
        self.raw(bytes);
    }

    /// A bin of what `write` writes.
    #[inline]
    pub fn bin_of(&mut self, write: impl FnOnce(&mut Self)) {
        let begin = self.end;
        self.tagged([0xc4, 0]);
        write(self);
        let length = self.end - begin - 2;
        match u8::try_from(length) {
            Ok(length) => self.room[begin + 1] = length,
            Err(_) => self.lengthen(begin, length),
        }
    }

    /// Give a bin that has room for a length of one byte the longer one that it needs.
    #[cold]
    fn lengthen(&mut self, begin: usize, length: usize) {
        let written = self.room[begin + 2..self.end].to_vec();
        debug_assert_eq!(written.len(), length);
        self.end = begin;
        self.bin(&written);
    }

    /// Values that have been written elsewhere.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        let length = bytes.len();
        copy_short(&mut self.ahead(length)[..length], bytes);
        self.end += length;
    }

    pub fn array(&mut self, length: usize) {
        match u32::try_from(length).expect("an array of less than 2^32 values") {
            0..=15 => self.byte(0x90 | length as u8),
            16..=0xffff => self.long(0xdc, &(length as u16).to_be_bytes()),
            length => self.long(0xdd, &length.to_be_bytes()),
        }
    }

    pub fn map(&mut self, length: usize) {
        match u32::try_from(length).expect("a map of less than 2^32 keys") {
            0..=15 => self.byte(0x80 | length as u8),
            16..=0xffff => self.long(0xde, &(length as u16).to_be_bytes()),
            length => self.long(0xdf, &length.to_be_bytes()),
        }
    }

    /// The length of an integer changes from one to the next: a branch on it would be guessed wrongly.
    #[inline]
    fn unsigned(&mut self, value: u64) {
        let bits = u64::BITS - value.leading_zeros();
        let (tag, bytes) = UNSIGNED[bits as usize];
        let [first, rest @ ..] = self.room_for::<9>();
        *first = if bytes == 0 { value as u8 } else { tag };
        *rest = (value << ((8 - u32::from(bytes)) * 8 % u64::BITS)).to_be_bytes();
        self.end += 1 + usize::from(bytes);
    }

    fn negative(&mut self, value: i64) {
        match value {
            -0x20..=-1 => self.byte(value as u8),
            -0x80..-0x20 => self.tagged([0xd0, value as u8]),
            -0x8000..-0x80 => self.long(0xd1, &(value as i16).to_be_bytes()),
            -0x8000_0000..-0x8000 => self.long(0xd2, &(value as i32).to_be_bytes()),
            _ => self.long(0xd3, &value.to_be_bytes()),
        }
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.tagged([byte]);
    }

    #[inline]
    fn tagged<const N: usize>(&mut self, bytes: [u8; N]) {
        *self.room_for() = bytes;
        self.end += N;
    }

    fn long(&mut self, tag: u8, bytes: &[u8]) {
        self.byte(tag);
        self.raw(bytes);
    }

    #[inline]
    fn room_for<const N: usize>(&mut self) -> &mut [u8; N] {
        let ahead = self.ahead(N);
        ahead.first_chunk_mut().expect("room was made for so many bytes")
    }

    /// What is behind the last value, with room for so many bytes at least.
    #[inline]
    fn ahead(&mut self, bytes: usize) -> &mut [u8] {
        if self.room.len() - self.end < bytes {
            self.grow(bytes);
        }
        &mut self.room[self.end..]
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        let room = (2 * self.room.len()).max(self.end + bytes).max(ROOM);
        self.room.resize(room, 0);
    }
}

/// Of an integer by the number of its bits: its tag, and how many bytes follow. Without any it is its own tag.
const UNSIGNED: [(u8, u8); 65] = {
    let mut forms = [(0, 0); 65];
    let mut bits = 8;
    while bits <= 64 {
        forms[bits] = match bits {
            8 => (0xcc, 1),
            9..=16 => (0xcd, 2),
            17..=32 => (0xce, 4),
            _ => (0xcf, 8),
        };
        bits += 1;
    }
    forms
};

/// Copy as many bytes, most often few: by two copies of a fixed length, which overlap, instead of a call.
#[inline]
fn copy_short(to: &mut [u8], from: &[u8]) {
    /// Where there are N to 2 N bytes.
    #[inline]
    fn ends<const N: usize>(to: &mut [u8], from: &[u8]) {
        let (first, last) = (from.first_chunk::<N>(), from.last_chunk::<N>());
        *to.first_chunk_mut().expect("N bytes at least") = *first.expect("N bytes at least");
        *to.last_chunk_mut().expect("N bytes at least") = *last.expect("N bytes at least");
    }
    match from.len() {
        0 => {}
        1..=3 => {
            for (to, from) in to.iter_mut().zip(from) {
                *to = *from;
            }
        }
        4..=7 => ends::<4>(to, from),
        8..=16 => ends::<8>(to, from),
        17..=32 => ends::<16>(to, from),
        _ => to.copy_from_slice(from),
    }
}
