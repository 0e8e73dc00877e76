//! Slots, to which participants belong: who is told what concerns those of each.

use crate::machine::streams::Destination;
use crate::msgpack::{Malformed, Read, Reader, Writer};

pub const SLOTS: usize = 1024;

/// A partition for each slot, of which few are different.
#[derive(Clone, Debug)]
pub struct BySlot {
    by_slot: Box<[u32]>,
    partitions: Vec<Destination>,
}

impl BySlot {
    /// No slot's is known: their name is empty.
    pub fn unknown() -> Self {
        Self {
            by_slot: vec![0; SLOTS].into(),
            partitions: vec![Destination::new("")],
        }
    }

    /// # Panics
    /// Where there is no such slot.
    pub fn set(&mut self, slot: usize, partition: &str) {
        let known = self.partitions.iter().position(|known| known.name() == partition);
        let place = known.unwrap_or_else(|| {
            self.partitions.push(Destination::new(partition));
            self.partitions.len() - 1
        });
        self.by_slot[slot] = place as u32;
    }

    /// # Panics
    /// Where there is no such slot.
    pub fn of(&self, slot: u16) -> &Destination {
        &self.partitions[self.by_slot[usize::from(slot)] as usize]
    }

    pub fn write(&self, to: &mut Writer) {
        to.array(SLOTS);
        for &place in &self.by_slot {
            to.text(self.partitions[place as usize].name());
        }
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let mut read = Self::unknown();
        from.array_of(SLOTS)?;
        for slot in 0..SLOTS {
            read.set(slot, from.text()?);
        }
        Ok(read)
    }
}

pub fn read_slot(from: &mut Reader<'_>) -> Read<u16> {
    u16::try_from(from.int()?).map_err(|_| Malformed("a slot that is none"))
}
