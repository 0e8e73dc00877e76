//! Which rules a shard goes by: `bulkhead/domain/behaviour.py` says what changes them, and when.

use std::collections::{BTreeMap, BTreeSet};

use crate::msgpack::{Malformed, Read};
use crate::wire::messages::{BehaviourLeft, BehaviourTaken, TakeBehaviour};

use super::domain::{Handled, Trouble};
use super::snapshot::{Entries, SortedMap};
use super::streams::Outbox;

/// The newest version that this build knows; it knows all before.
pub const NEWEST: i64 = 2;
/// The version from which on cancels are taken while an instrument is closed.
const CANCELS_WHILE_CLOSED: i64 = 2;

fn check_known(version: i64) -> Handled {
    if version > NEWEST {
        return Err(Trouble::BehaviourUnknown { version });
    }
    Ok(())
}

/// Of one shard.
#[derive(Clone, Debug)]
pub struct Behaviour {
    shard: Box<str>,
    /// The topic of those whom it asks.
    asks: &'static str,
    /// In force; 0 before the genesis has said it.
    version: i64,
    /// By shard that asks: the change at which it said so, until that change has taken effect here.
    left: BTreeMap<Box<str>, i64>,
    /// What takes effect when all who ask have left.
    waiting: Option<TakeBehaviour>,
    /// Numbers, of those it asks, of shards that are told nothing any more; who has it saves it.
    pub ended: BTreeSet<i64>,
}

impl Behaviour {
    pub fn new(shard: impl Into<Box<str>>, asks: &'static str) -> Self {
        Self {
            shard: shard.into(),
            asks,
            version: 0,
            left: BTreeMap::new(),
            waiting: None,
            ended: BTreeSet::new(),
        }
    }

    pub fn cancels_while_closed(&self) -> bool {
        self.version >= CANCELS_WHILE_CLOSED
    }

    /// As the genesis has it.
    pub fn set(&mut self, version: i64) -> Handled {
        check_known(version)?;
        self.version = version;
        Ok(())
    }

    pub fn take(&mut self, event: &TakeBehaviour, out: &mut Outbox) -> Handled {
        check_known(event.version)?;
        self.waiting = Some(event.clone());
        self.look(out);
        Ok(())
    }

    /// May come before control's word: there is no order between two streams.
    pub fn leave(&mut self, event: &BehaviourLeft<'_>, out: &mut Outbox) -> Handled {
        self.left.insert(event.shard.into(), event.change);
        self.look(out);
        Ok(())
    }

    /// Switch, if nobody has to be waited for any longer.
    fn look(&mut self, out: &mut Outbox) {
        let Some(event) = &self.waiting else {
            return;
        };
        let left = self.left.values().filter(|&&change| change >= event.change);
        if (left.count() as i64) < event.askers {
            return;
        }
        let event = self.waiting.take().expect("it was looked at");
        self.left.retain(|_, change| *change > event.change);
        self.version = event.version;
        let (change, version, shard) = (event.change, event.version, &*self.shard);
        let left = BehaviourLeft {
            change,
            shard,
            version,
        };
        for number in 0..event.asked {
            if !self.ended.contains(&number) {
                out.send(&format!("{}/{number}", self.asks), &left);
            }
        }
        let taken = BehaviourTaken {
            change,
            shard,
            version,
        };
        out.send("control/0", &taken);
    }

    pub fn save<'a>(&'a self, map: &mut SortedMap<'a>) {
        map.add("behaviour_version", |to| to.int(self.version));
        let is_changing = self.waiting.is_some() || !self.left.is_empty();
        map.add_if(is_changing, "behaviour", |to| {
            to.array(2);
            to.array(self.left.len());
            for (shard, change) in &self.left {
                to.array(2);
                to.text(shard);
                to.int(*change);
            }
            match &self.waiting {
                None => to.nil(),
                Some(event) => {
                    to.array(4);
                    to.int(event.change);
                    to.int(event.version);
                    to.int(event.askers);
                    to.int(event.asked);
                }
            }
        });
    }

    pub fn load(&mut self, entries: &Entries<'_>) -> Read<()> {
        self.version = entries.need("behaviour_version")?.int()?;
        if self.version > NEWEST {
            return Err(Malformed(
                "its rules are of a version that this build does not know",
            ));
        }
        self.left.clear();
        self.waiting = None;
        let Some(mut from) = entries.get("behaviour") else {
            return Ok(());
        };
        from.array_of(2)?;
        for _ in 0..from.array()? {
            from.array_of(2)?;
            let shard = from.text()?.into();
            self.left.insert(shard, from.int()?);
        }
        if !from.nil() {
            from.array_of(4)?;
            self.waiting = Some(TakeBehaviour {
                change: from.int()?,
                version: from.int()?,
                askers: from.int()?,
                asked: from.int()?,
            });
        }
        Ok(())
    }
}
