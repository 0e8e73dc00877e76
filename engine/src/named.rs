//! Things that have a name, which is looked up once; from there on a number stands for them.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use crate::chunks::Chunks;
use crate::msgpack::{Malformed, Read};
use crate::name_hash::ByName;

/// Shared by all that repeat it.
pub type Name = Arc<str>;

/// The number of a thing in its `Named`: good for ever, since nothing that was defined goes.
pub trait Id: Copy {
    fn new(place: usize) -> Self;

    fn place(self) -> usize;
}

/// Declare the numbers of kinds of things, a type for each.
macro_rules! ids {
    ($($name:ident)+) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $crate::named::Id for $name {
            fn new(place: usize) -> Self {
                Self(u32::try_from(place).expect("less than 2^32 names of a kind"))
            }

            #[inline]
            fn place(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}
pub(crate) use ids;

/// All things of a kind, by number and by name. N of them are copied where one is changed while a snapshot is
/// being written.
#[derive(Debug)]
pub struct Named<I, T, const N: usize> {
    things: Chunks<(Name, T), N>,
    ids: ByName<Name, I>,
    kind: PhantomData<I>,
}

impl<I, T, const N: usize> Default for Named<I, T, N> {
    fn default() -> Self {
        Self {
            things: Chunks::default(),
            ids: ByName::default(),
            kind: PhantomData,
        }
    }
}

impl<I: Id, T: Clone, const N: usize> Named<I, T, N> {
    pub fn find(&self, name: &str) -> Option<I> {
        self.ids.get(name).copied()
    }

    /// One that must have been defined.
    ///
    /// # Panics
    /// Where it was not, as a look-up raises in the reference.
    pub fn known(&self, name: &str) -> I {
        self.find(name)
            .unwrap_or_else(|| panic!("nobody has defined {name:?}"))
    }

    /// One that a snapshot must have defined.
    pub fn found(&self, name: &str) -> Read<I> {
        self.find(name)
            .ok_or(Malformed("a name of nothing that is there"))
    }

    pub fn name(&self, id: I) -> &Name {
        &self.things[id.place()].0
    }

    /// Add a thing whose name is new.
    pub fn add(&mut self, name: &str, thing: T) -> I {
        let name = Name::from(name);
        let id = I::new(self.things.push((Arc::clone(&name), thing)));
        let before = self.ids.insert(name, id);
        debug_assert!(before.is_none(), "two of one name");
        id
    }

    pub fn len(&self) -> usize {
        self.things.len()
    }

    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T, N> {
        (0..self.len()).map(I::new)
    }

    /// By number: in the order in which they were defined, which no output may depend on.
    pub fn iter(&self) -> impl Iterator<Item = (I, &Name, &T)> {
        let numbered = self.things.iter().enumerate();
        numbered.map(|(place, (name, thing))| (I::new(place), name, thing))
    }

    /// By name.
    pub fn sorted(&self) -> Vec<(I, &Name, &T)> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_unstable_by_key(|&(_, name, _)| name);
        all
    }

    /// These things by name.
    pub fn sort(&self, ids: impl IntoIterator<Item = I>) -> Vec<I> {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable_by_key(|&id| self.name(id));
        ids
    }

    /// The same things, which stay what they are now: for whoever writes them, and finds none by its name.
    pub fn share(&mut self) -> Self {
        Self {
            things: self.things.share(),
            ..Self::default()
        }
    }
}

impl<I: Id, T, const N: usize> Index<I> for Named<I, T, N> {
    type Output = T;

    #[inline]
    fn index(&self, id: I) -> &T {
        &self.things[id.place()].1
    }
}

impl<I: Id, T: Clone, const N: usize> IndexMut<I> for Named<I, T, N> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.things[id.place()].1
    }
}
