//! Finding a thing by its name.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::order_ids::GOLDEN;

/// By names that operators give. Not by those that participants choose: they could choose them to collide.
pub type ByName<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;

/// A multiplication for each eight bytes (FNV's scheme on words, with Knuth's factor).
#[derive(Default)]
pub struct NameHasher(u64);

impl NameHasher {
    #[inline]
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(GOLDEN);
    }
}

impl Hasher for NameHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let words = bytes.chunks_exact(8);
        let rest = words.remainder().iter();
        let rest = rest.fold(0, |word, &byte| word << 8 | u64::from(byte));
        for word in words {
            self.mix(u64::from_le_bytes(word.try_into().expect("eight bytes")));
        }
        self.mix(rest);
    }

    /// What ends a text is said by its length as well: names of one length alone can be equal.
    #[inline]
    fn write_u8(&mut self, _: u8) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
