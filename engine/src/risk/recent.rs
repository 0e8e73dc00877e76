//! The client_order_ids that an account has used last: packed, since there are 10,000 of each account.
//!
//! Which of them are there is found by an `Index` beside this: it is not part of what a snapshot shares. An
//! id is 6 to 36 bytes and 2 for its end here, and between 12 and 24 there.

use std::collections::VecDeque;
use std::sync::Arc;

use super::model::{CLIENT_ORDER_IDS_KEPT, ClientOrderId};

/// So many ids stand in one run of bytes, which is shared with a snapshot and dropped as a whole.
const RUN: usize = 128;
/// Places are numbers of ids modulo this: more than are kept, in whole runs.
const PLACES: u64 = 1 << 14;

const _: () = assert!(CLIENT_ORDER_IDS_KEPT + RUN < PLACES as usize && PLACES % RUN as u64 == 0);

/// At most CLIENT_ORDER_IDS_KEPT, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    /// Oldest first; all full but the last.
    runs: VecDeque<Arc<Run>>,
    /// How many were ever forgotten, and ever taken: the numbers of the oldest and of the next one.
    first: u64,
    next: u64,
}

#[derive(Clone, Debug, Default)]
struct Run {
    bytes: Vec<u8>,
    ends: Vec<u16>,
}

impl Run {
    fn get(&self, place: usize) -> &[u8] {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[usize::from(begin)..usize::from(self.ends[place])]
    }
}

impl Recent {
    /// Take an id; the place by which it is found.
    pub fn push(&mut self, id: &ClientOrderId) -> u32 {
        if self.next % RUN as u64 == 0 {
            self.runs.push_back(Arc::default());
        }
        let run = self.runs.back_mut().expect("one was just added, or is not full");
        let run = Arc::make_mut(run);
        run.bytes.extend_from_slice(id.as_bytes());
        run.ends.push(run.bytes.len() as u16);
        self.next += 1;
        ((self.next - 1) % PLACES) as u32
    }

    /// Where there are more than are kept: forget the oldest, after `forgotten` has heard its place and text.
    pub fn shorten(&mut self, forgotten: impl FnOnce(u32, &str)) {
        if self.len() <= CLIENT_ORDER_IDS_KEPT {
            return;
        }
        let place = (self.first % PLACES) as u32;
        forgotten(place, self.at(place));
        self.first += 1;
        if self.first % RUN as u64 == 0 {
            self.runs.pop_front();
        }
    }

    pub fn len(&self) -> usize {
        (self.next - self.first) as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id at a place.
    pub fn at(&self, place: u32) -> &str {
        let distance = u64::from(place).wrapping_sub(self.first) % PLACES;
        self.numbered(self.first + distance)
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (self.first..self.next).map(|number| self.numbered(number))
    }

    fn numbered(&self, number: u64) -> &str {
        let run = number / RUN as u64 - self.first / RUN as u64;
        let bytes = self.runs[run as usize].get((number % RUN as u64) as usize);
        std::str::from_utf8(bytes).expect("it was a text")
    }
}
