//! Places by hash: finds what is kept elsewhere, with 8 bytes for each, and no copy of its key.

/// Open addressing with linear probing. An entry knows its hash, so that neither growing nor removing looks at
/// what it stands for. It is for look-up, never walked.
#[derive(Debug, Default)]
pub struct Index {
    /// Hash and place; 0: free. Their number is 0 or a power of two.
    entries: Box<[u64]>,
    count: usize,
}

const LEAST: usize = 8;

impl Index {
    /// The place of what has this hash and that `is_it`.
    #[inline]
    pub fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mask = self.entries.len().checked_sub(1)?;
        let mut at = home(hash, mask);
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return None;
            }
            if hash_of(entry) == hash && is_it(place_of(entry)) {
                return Some(place_of(entry));
            }
            at = (at + 1) & mask;
        }
    }

    /// Look where that hash would be found, so that it is at hand then. The answer means nothing.
    #[inline]
    pub fn look(&self, hash: u32) -> u64 {
        let mask = self.entries.len().wrapping_sub(1);
        self.entries.get(home(hash, mask)).copied().unwrap_or(0)
    }

    pub fn insert(&mut self, hash: u32, place: u32) {
        if (self.count + 1) * 3 > self.entries.len() * 2 {
            self.grow();
        }
        self.count += 1;
        put(&mut self.entries, entry_of(hash, place));
    }

    /// # Panics
    /// Where there is no such entry.
    pub fn remove(&mut self, hash: u32, place: u32) {
        let mask = self.entries.len() - 1;
        let gone = entry_of(hash, place);
        let mut free = home(hash, mask);
        while self.entries[free] != gone {
            assert!(self.entries[free] != 0, "an index lacks what is to be removed");
            free = (free + 1) & mask;
        }
        self.count -= 1;
        // Each behind it that would not be found across the free place moves into it.
        let mut at = free;
        loop {
            at = (at + 1) & mask;
            let entry = self.entries[at];
            if entry == 0 {
                break;
            }
            let distance = at.wrapping_sub(home(hash_of(entry), mask)) & mask;
            if distance >= at.wrapping_sub(free) & mask {
                self.entries[free] = entry;
                free = at;
            }
        }
        self.entries[free] = 0;
    }

    #[cold]
    fn grow(&mut self) {
        let mut entries = vec![0; (2 * self.entries.len()).max(LEAST)].into_boxed_slice();
        for &entry in self.entries.iter().filter(|&&entry| entry != 0) {
            put(&mut entries, entry);
        }
        self.entries = entries;
    }
}

fn put(entries: &mut [u64], entry: u64) {
    let mask = entries.len() - 1;
    let mut at = home(hash_of(entry), mask);
    while entries[at] != 0 {
        at = (at + 1) & mask;
    }
    entries[at] = entry;
}

/// Into so many indexes one of all orders is cut, by the low bits of the hash. One table of a million stands
/// still for 18 ms when it grows (docs/engine.md); each of these grows alone.
pub const TABLES: usize = 256;

fn home(hash: u32, mask: usize) -> usize {
    (hash as usize / TABLES) & mask
}

fn entry_of(hash: u32, place: u32) -> u64 {
    debug_assert!(place < u32::MAX, "a place with 1 added fits");
    u64::from(hash) << 32 | (u64::from(place) + 1)
}

fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

fn place_of(entry: u64) -> u32 {
    entry as u32 - 1
}

/// An index of very many, in tables that grow alone.
#[derive(Debug)]
pub struct LargeIndex {
    tables: Box<[Index]>,
}

impl Default for LargeIndex {
    fn default() -> Self {
        Self {
            tables: (0..TABLES).map(|_| Index::default()).collect(),
        }
    }
}

impl LargeIndex {
    #[inline]
    pub fn find(&self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.tables[hash as usize % TABLES].find(hash, is_it)
    }

    /// As `Index::look`.
    #[inline]
    pub fn look(&self, hash: u32) -> u64 {
        self.tables[hash as usize % TABLES].look(hash)
    }

    pub fn insert(&mut self, hash: u32, place: u32) {
        self.tables[hash as usize % TABLES].insert(hash, place);
    }

    pub fn remove(&mut self, hash: u32, place: u32) {
        self.tables[hash as usize % TABLES].remove(hash, place);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Index;

    /// A linear congruential generator (Knuth's MMIX): the same numbers in every run.
    fn numbers() -> impl Iterator<Item = u32> {
        let next = |seed: &u64| {
            Some(
                seed.wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407),
            )
        };
        std::iter::successors(Some(1), next).map(|seed| (seed >> 33) as u32)
    }

    #[test]
    fn what_was_put_in_is_found_until_it_is_taken_out_however_hashes_collide() {
        let mut index = Index::default();
        let mut model: HashMap<u32, u32> = HashMap::new();
        // Hashes from 64 homes in a row, around the end of the table.
        for (place, number) in (0..20_000).zip(numbers()) {
            let hash = (number % 64).wrapping_sub(32) << 8;
            if number % 3 == 0 || model.len() > 200 {
                if let Some(&gone) = model.keys().min_by_key(|key| key.wrapping_mul(number | 1)) {
                    index.remove(model.remove(&gone).unwrap(), gone);
                    continue;
                }
            }
            index.insert(hash, place);
            model.insert(place, hash);
            for (&place, &hash) in &model {
                assert_eq!(index.find(hash, |found| found == place), Some(place));
            }
        }
        assert_eq!(index.count, model.len());
    }
}
