//! Things that have a name, which is looked up once; from there on a number stands for them.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use crate::chunks::Chunks;
use crate::msgpack::{Malformed, Read};
use crate::name_hash::ByName;

/// Shared by all that repeat it.
pub type Name = Arc<str>;

/// The number of a thing in its `Named`: good as long as nobody removes the thing.
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
    /// Without a name where one was removed.
    things: Chunks<(Option<Name>, T), N>,
    ids: ByName<Name, I>,
    /// Places that are used again.
    free: Vec<I>,
    count: usize,
    kind: PhantomData<I>,
}

impl<I, T, const N: usize> Default for Named<I, T, N> {
    fn default() -> Self {
        Self {
            things: Chunks::default(),
            ids: ByName::default(),
            free: Vec::new(),
            count: 0,
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
        let name = &self.things[id.place()].0;
        name.as_ref().expect("a thing that was not removed")
    }

    /// Add a thing whose name is new.
    pub fn add(&mut self, name: &str, thing: T) -> I {
        let name = Name::from(name);
        let thing = (Some(Arc::clone(&name)), thing);
        let id = match self.free.pop() {
            Some(id) => {
                self.things[id.place()] = thing;
                id
            }
            None => I::new(self.things.push(thing)),
        };
        let before = self.ids.insert(name, id);
        debug_assert!(before.is_none(), "two of one name");
        self.count += 1;
        id
    }

    /// A thing goes, and its number may be another's from here on; `husk` is kept in its place.
    pub fn remove(&mut self, id: I, husk: T) {
        let (name, _) = std::mem::replace(&mut self.things[id.place()], (None, husk));
        self.ids.remove(&name.expect("a thing that was not removed"));
        self.free.push(id);
        self.count -= 1;
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn ids(&self) -> Vec<I> {
        self.iter().map(|(id, ..)| id).collect()
    }

    /// By number: in an order which no output may depend on.
    pub fn iter(&self) -> impl Iterator<Item = (I, &Name, &T)> {
        let numbered = self.things.iter().enumerate();
        numbered.filter_map(|(place, (name, thing))| Some((I::new(place), name.as_ref()?, thing)))
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
            count: self.count,
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

#[cfg(test)]
mod tests {
    use super::Named;

    ids! { ThingId }

    #[test]
    fn a_removed_thing_is_found_no_more_and_its_place_is_used_again() {
        let mut things: Named<ThingId, i32, 4> = Named::default();
        let ids: Vec<_> = (0..10).map(|n| things.add(&format!("thing {n}"), n)).collect();
        things.remove(ids[3], -1);
        things.remove(ids[7], -1);
        assert_eq!(things.find("thing 3"), None);
        assert_eq!((things.len(), things.share().len()), (8, 8));
        assert!(
            things
                .sorted()
                .iter()
                .all(|(_, _, thing)| ![3, 7].contains(*thing))
        );
        assert_eq!(things.share().iter().count(), 8);
        let again = things.add("thing 3", 30);
        assert_eq!(again, ids[7]);
        assert_eq!((things[again], &**things.name(again)), (30, "thing 3"));
        assert_eq!((things.len(), things.ids().len()), (9, 9));
    }
}
