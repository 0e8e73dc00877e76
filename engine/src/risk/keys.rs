//! The registered keys: their sessions, what they may do, and the watches on them.

use std::collections::{BTreeSet, HashMap};
use std::ops::{Index, IndexMut};

use crate::chunks::Chunks;
use crate::machine::domain::SessionId;
use crate::machine::sessions::Session;

use super::guards::Watch;
use super::named::ParticipantId;

pub type PublicKey = [u8; 32];

/// What a key may do beside reading: `Permission` of the reference.
pub mod permission {
    pub const TRADE: i64 = 1;
    pub const CANCEL: i64 = 2;
    pub const WITHDRAW: i64 = 4;
    pub const EVERYTHING: i64 = TRADE | CANCEL | WITHDRAW;
}

/// A key that is registered, or was: its watch outlives it, as in the reference.
#[derive(Clone, Debug)]
pub struct Key {
    pub public_key: PublicKey,
    /// None: the key is revoked.
    pub session: Option<Session>,
    /// Whose it is; None: it was registered before its participant was defined.
    pub participant: Option<ParticipantId>,
    pub permissions: i64,
    pub watch: Option<Watch>,
}

/// Invariant: `watched` has the keys that have a watch.
#[derive(Debug, Default)]
pub struct Keys {
    keys: Chunks<Key, 256>,
    places: HashMap<PublicKey, usize>,
    watched: BTreeSet<PublicKey>,
}

impl Keys {
    /// The session of a key that is registered.
    pub fn session(&self, public_key: &PublicKey) -> Option<SessionId> {
        let id = self.find(public_key)?;
        self[id].session.is_some().then_some(id)
    }

    /// A key that is registered, or was.
    pub fn find(&self, public_key: &PublicKey) -> Option<SessionId> {
        self.places.get(public_key).copied().map(SessionId)
    }

    /// The key's entry, made where it has none.
    pub fn entry(&mut self, public_key: &PublicKey) -> SessionId {
        self.find(public_key).unwrap_or_else(|| {
            let place = self.keys.push(Key {
                public_key: *public_key,
                session: None,
                participant: None,
                permissions: permission::EVERYTHING,
                watch: None,
            });
            self.places.insert(*public_key, place);
            SessionId(place)
        })
    }

    /// Watch a key, or no longer.
    pub fn watch(&mut self, id: SessionId, watch: Option<Watch>) {
        let key = &mut self.keys[id.0];
        if watch.is_some() {
            self.watched.insert(key.public_key);
        } else if key.watch.is_some() {
            self.watched.remove(&key.public_key);
        }
        key.watch = watch;
    }

    /// Those that have a watch, by public key.
    pub fn watched(&self) -> impl Iterator<Item = SessionId> {
        self.watched.iter().map(|key| SessionId(self.places[key]))
    }

    /// All, by public key.
    pub fn sorted(&self) -> Vec<&Key> {
        let mut all: Vec<_> = self.keys.iter().collect();
        all.sort_unstable_by_key(|key| key.public_key);
        all
    }

    /// The same keys, which stay what they are now: for whoever writes them, and finds none.
    pub fn share(&mut self) -> Self {
        Self {
            keys: self.keys.share(),
            ..Self::default()
        }
    }
}

impl Index<SessionId> for Keys {
    type Output = Key;

    fn index(&self, id: SessionId) -> &Key {
        &self.keys[id.0]
    }
}

impl IndexMut<SessionId> for Keys {
    fn index_mut(&mut self, id: SessionId) -> &mut Key {
        &mut self.keys[id.0]
    }
}
