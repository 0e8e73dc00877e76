//! A store that grows in chunks and can be shared, while it goes on changing, with somebody who reads it.

use std::mem::take;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// Values by their places, which never change: nothing is moved when the store grows, as one array would be
/// (docs/engine.md). N of them are allocated at a time.
///
/// `share` hands out all that there is, as it is, in a time that does not depend on the values. A chunk that
/// somebody else still reads is copied when it is changed first: so a snapshot is written while the machine
/// goes on, and costs it a chunk at a time.
#[derive(Debug)]
pub struct Chunks<T, const N: usize> {
    /// All full but the last.
    chunks: Vec<Chunk<T>>,
    count: usize,
}

/// Not an `Arc` alone: asking one whether somebody else has it is an atomic operation for each change.
#[derive(Debug)]
enum Chunk<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T, const N: usize> Default for Chunks<T, N> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            count: 0,
        }
    }
}

impl<T: Clone, const N: usize> Chunks<T, N> {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Add a value; its place.
    pub fn push(&mut self, value: T) -> usize {
        let place = self.count;
        if place % N == 0 {
            self.chunks.push(Chunk::Own(Vec::with_capacity(N)));
        }
        self.chunks[place / N].own::<N>().push(value);
        self.count += 1;
        place
    }

    /// The values in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.values())
    }

    /// The same values, which stay what they are now.
    pub fn share(&mut self) -> Self {
        Self {
            chunks: self.chunks.iter_mut().map(Chunk::share).collect(),
            count: self.count,
        }
    }
}

impl<T> Chunk<T> {
    #[inline]
    fn values(&self) -> &[T] {
        match self {
            Self::Own(values) => values,
            Self::Shared(values) => values,
        }
    }
}

impl<T: Clone> Chunk<T> {
    #[inline]
    fn own<const N: usize>(&mut self) -> &mut Vec<T> {
        if let Self::Shared(values) = self {
            *self = Self::Own(own::<T, N>(take(values)));
        }
        match self {
            Self::Own(values) => values,
            Self::Shared(_) => unreachable!("it is its own by now"),
        }
    }

    fn share(&mut self) -> Self {
        let values = match self {
            Self::Own(values) => Arc::new(take(values)),
            Self::Shared(values) => Arc::clone(values),
        };
        *self = Self::Shared(Arc::clone(&values));
        Self::Shared(values)
    }
}

/// The values, copied where somebody else reads them, with room for all N.
#[cold]
fn own<T: Clone, const N: usize>(values: Arc<Vec<T>>) -> Vec<T> {
    Arc::try_unwrap(values).unwrap_or_else(|shared| {
        let mut copy = Vec::with_capacity(N);
        copy.extend_from_slice(&shared);
        copy
    })
}

impl<T, const N: usize> Index<usize> for Chunks<T, N> {
    type Output = T;

    #[inline]
    fn index(&self, place: usize) -> &T {
        &self.chunks[place / N].values()[place % N]
    }
}

impl<T: Clone, const N: usize> IndexMut<usize> for Chunks<T, N> {
    #[inline]
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.chunks[place / N].own::<N>()[place % N]
    }
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    fn numbers(count: usize) -> Chunks<usize, 4> {
        let mut chunks = Chunks::default();
        for number in 0..count {
            assert_eq!(chunks.push(number), number);
        }
        chunks
    }

    #[test]
    fn what_was_shared_stays_what_it_was() {
        let mut chunks = numbers(10);
        let shared = chunks.share();
        chunks[5] = 50;
        chunks.push(10);
        let again = chunks.share();
        chunks[5] = 500;
        assert!(shared.iter().copied().eq(0..10));
        assert!(again.iter().copied().eq([0, 1, 2, 3, 4, 50, 6, 7, 8, 9, 10]));
        assert!(chunks.iter().copied().eq([0, 1, 2, 3, 4, 500, 6, 7, 8, 9, 10]));
    }

    #[test]
    fn a_chunk_that_nobody_reads_any_more_is_not_copied() {
        let mut chunks = numbers(4);
        drop(chunks.share());
        let before: *const usize = &chunks[0];
        chunks[0] = 7;
        assert_eq!(before, &raw const chunks[0]);
    }
}
