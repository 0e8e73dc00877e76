//! Canonical maps: their keys sorted, as `bulkhead/machines/reference.py` packs them.

use crate::msgpack::{Malformed, Read, Reader, Writer};

type Entry<'a> = (&'static str, Box<dyn Fn(&mut Writer) + 'a>);

/// Gathers the entries of a map, to write them with their keys sorted.
#[derive(Default)]
pub struct SortedMap<'a> {
    entries: Vec<Entry<'a>>,
}

impl<'a> SortedMap<'a> {
    pub fn add(&mut self, key: &'static str, write: impl Fn(&mut Writer) + 'a) {
        self.entries.push((key, Box::new(write)));
    }

    /// As `add`, where there is something to say: the states of an exchange that hasn't it stay what they were.
    pub fn add_if(&mut self, there_is: bool, key: &'static str, write: impl Fn(&mut Writer) + 'a) {
        if there_is {
            self.add(key, write);
        }
    }

    pub fn write(mut self, to: &mut Writer) {
        self.entries.sort_unstable_by_key(|(key, _)| *key);
        to.map(self.entries.len());
        for (key, write) in self.entries {
            to.text(key);
            write(to);
        }
    }
}

/// The bytes of the next value, which something else reads.
pub fn value<'a>(from: &mut Reader<'a>) -> Read<&'a [u8]> {
    let begin = from.rest();
    from.skip_deep()?;
    Ok(&begin[..begin.len() - from.rest().len()])
}

/// The entries of a map, each to be read when it is asked for.
pub struct Entries<'a> {
    entries: Vec<(&'a str, Reader<'a>)>,
}

impl<'a> Entries<'a> {
    pub fn read(from: &mut Reader<'a>) -> Read<Self> {
        let mut entries = Vec::new();
        for _ in 0..from.map()? {
            let key = from.text()?;
            entries.push((key, *from));
            from.skip_deep()?;
        }
        Ok(Self { entries })
    }

    /// Where the value of `key` begins; None: the map has none.
    pub fn get(&self, key: &str) -> Option<Reader<'a>> {
        let found = self.entries.iter().find(|(name, _)| *name == key);
        found.map(|(_, reader)| *reader)
    }

    /// As `get`, of an entry that every such map has.
    pub fn need(&self, key: &str) -> Read<Reader<'a>> {
        self.get(key).ok_or(Malformed("a map that lacks an entry"))
    }
}
