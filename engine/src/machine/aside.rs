//! Quarantine in a machine: what is halted, the events put aside for it, and which events were skipped.
//!
//! Who decides that an event is skipped is not known here: a machine obeys.

use std::collections::{BTreeMap, BTreeSet};

use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::{Event, ReleaseQuarantine};

use super::domain::{ALONE, Domain, Handled, Trouble};
use super::snapshot::{Entries, SortedMap};
use super::streams::Outbox;

/// Of one machine.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// By halted subject, in the order in which they came.
    events: BTreeMap<Box<str>, Vec<Box<[u8]>>>,
    /// Position and sequence.
    skipped: BTreeSet<(Box<[u8]>, i64)>,
    /// Events about strangers, while slots come that may be theirs; None: none come.
    arrivals: Option<Vec<Box<[u8]>>>,
}

impl Aside {
    /// Whether every event goes the usual way.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.arrivals.is_none()
    }

    pub fn arrivals(&self) -> Option<&[Box<[u8]>]> {
        self.arrivals.as_deref()
    }

    /// Keep what is said of a stranger until slots have come. False: it is of none, or none come.
    pub fn keep(&mut self, message: &Event<'_>, event: &[u8], domain: &dyn Domain) -> bool {
        match &mut self.arrivals {
            Some(arrivals) if domain.is_stranger(message) => {
                arrivals.push(event.into());
                true
            }
            _ => false,
        }
    }

    /// A message was handled: begin to keep what is heard of strangers, or apply what was kept.
    pub fn follow_slots(
        &mut self,
        message: &Event<'_>,
        domain: &mut dyn Domain,
        out: &mut Outbox,
    ) -> Handled {
        match message {
            Event::ExpectSlots(_) => self.arrivals = Some(Vec::new()),
            Event::SlotsGiven(_) => {
                for event in self.arrivals.take().unwrap_or_default() {
                    let arrived = Event::decode(&event).expect("an event that was read when it was kept");
                    domain.handle(&arrived, out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether slots have to stay, since something is halted: the last word that they may go is put aside.
    pub fn delay(&mut self, message: &Event<'_>, event: &[u8]) -> bool {
        if !may_let_slots_go(message) {
            return false;
        }
        match self.events.values_mut().next() {
            Some(events) => {
                events.push(event.into());
                true
            }
            None => false,
        }
    }

    pub fn has_skipped(&self) -> bool {
        !self.skipped.is_empty()
    }

    pub fn skipped(&self) -> impl Iterator<Item = (&[u8], i64)> {
        self.skipped
            .iter()
            .map(|(position, sequence)| (&**position, *sequence))
    }

    pub fn quarantined(&self) -> impl Iterator<Item = (&str, &[Box<[u8]>])> {
        self.events
            .iter()
            .map(|(subject, events)| (&**subject, &**events))
    }

    pub fn halts(&self, subject: &str) -> bool {
        self.events.contains_key(subject)
    }

    /// Note that an event is not applied, and halt its subject.
    ///
    /// # Panics
    /// When it concerns more than one instrument or account: it cannot be skipped.
    pub fn skip(
        &mut self,
        position: &[u8],
        sequence: i64,
        subject: &str,
        domain: &mut dyn Domain,
        out: &mut Outbox,
    ) {
        assert!(
            !subject.is_empty(),
            "it concerns more than one instrument or account: it cannot be skipped"
        );
        self.skipped.insert((position.into(), sequence));
        if subject != ALONE && !self.halts(subject) {
            self.events.insert(subject.into(), Vec::new());
            domain.halt(subject, out);
        }
    }

    /// Refuse or put aside an event of a halted subject.
    pub fn put(
        &mut self,
        subject: &str,
        message: &Event<'_>,
        event: &[u8],
        domain: &mut dyn Domain,
        out: &mut Outbox,
    ) {
        if !domain.refuse(message, out) {
            let events = self.events.get_mut(subject).expect("the subject is halted");
            events.push(event.into());
            domain.put_aside(message);
        }
    }

    /// Let a subject go on, its events first; nothing changes where it is not halted.
    pub fn release(
        &mut self,
        decision: &ReleaseQuarantine<'_>,
        domain: &mut dyn Domain,
        out: &mut Outbox,
    ) -> Handled {
        let Some(events) = self.events.remove(decision.subject) else {
            return Ok(());
        };
        domain.resume(decision.subject, out);
        for event in events {
            let message = Event::decode(&event).expect("an event that was read when it was put aside");
            if self.delay(&message, &event) {
                continue;
            }
            domain.take_up(&message);
            if decision.discard && !may_let_slots_go(&message) {
                domain.discard(&message, out);
            } else if let Err(trouble) = domain.handle(&message, out) {
                // Not FATAL: the decision would halt the shard for ever, and can be skipped instead.
                let text = match trouble {
                    Trouble::Impossible(text) | Trouble::Raised(text) => text,
                    Trouble::BehaviourUnknown { .. } => unreachable!("it concerns no subject"),
                };
                return Err(Trouble::Raised(format!("{message:?}: {text}")));
            }
        }
        Ok(())
    }

    pub fn write(&self, to: &mut Writer) {
        let mut map = SortedMap::default();
        map.add("halted", |to| {
            to.map(self.events.len());
            for (subject, events) in &self.events {
                to.text(subject);
                to.array(events.len());
                for event in events {
                    to.bin(event);
                }
            }
        });
        map.add("skipped", |to| {
            to.array(self.skipped.len());
            for (position, sequence) in &self.skipped {
                to.array(2);
                to.bin(position);
                to.int(*sequence);
            }
        });
        map.write(to);
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let entries = Entries::read(from)?;
        let mut aside = Self::default();
        let mut halted = entries.need("halted")?;
        for _ in 0..halted.map()? {
            let subject = halted.text()?.into();
            let events = (0..halted.array()?)
                .map(|_| halted.bin().map(Into::into))
                .collect::<Read<_>>()?;
            aside.events.insert(subject, events);
        }
        let mut skipped = entries.need("skipped")?;
        for _ in 0..skipped.array()? {
            skipped.array_of(2)?;
            aside.skipped.insert((skipped.bin()?.into(), skipped.int()?));
        }
        Ok(aside)
    }

    pub fn write_arrivals(&self, to: &mut Writer) {
        let arrivals = self.arrivals().unwrap_or_default();
        to.array(arrivals.len());
        for event in arrivals {
            to.bin(event);
        }
    }

    pub fn read_arrivals(&mut self, from: &mut Reader<'_>) -> Read<()> {
        let arrivals = (0..from.array()?).map(|_| from.bin().map(Into::into));
        self.arrivals = Some(arrivals.collect::<Read<_>>()?);
        Ok(())
    }
}

/// Of these words the last that comes lets slots go.
fn may_let_slots_go(message: &Event<'_>) -> bool {
    matches!(
        message,
        Event::SlotsSwitched(_) | Event::GiveAccounts(_) | Event::GiveRest(_)
    )
}
