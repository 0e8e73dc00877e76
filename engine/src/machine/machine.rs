//! A machine of the domain between two ends of numbered streams.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};

use crate::msgpack::{Malformed, Reader, Writer};
use crate::wire::event::{Message, Undecodable, type_number};
use crate::wire::frame::Frame;
use crate::wire::messages::{DeadLetter, Event, ExpectSlots};
use crate::wire::vocabulary::Reason;

use super::aside::Aside;
use super::domain::{Domain, Handled, SessionId, Trouble};
use super::signed::Signed;
use super::snapshot::{Entries, SortedMap};
use super::streams::{Discontinuity, InputStream, InputStreams, Outbox, Output};

pub(super) const SNAPSHOT_VERSION: i64 = 1;
const DEAD_LETTERS: &str = "dead_letters/0";
const DEAD_LETTER_BYTES_MAX: usize = 4096;
/// So many events are looked at before the first of them is handled.
pub(super) const AHEAD: usize = 32;

/// The machine of one shard. `partition` is the one that it consumes.
pub struct Machine {
    pub name: Box<str>,
    partition: Box<str>,
    domain: Box<dyn Domain>,
    aside: Aside,
    inputs: InputStreams,
    outputs: Outbox,
    pub events_applied: i64,
}

/// Events of a frame that do not go the usual way.
pub struct Detour<'a> {
    pub position: &'a [u8],
    /// Sequences of those that are not to be applied.
    pub skips: &'a [i64],
}

impl Detour<'_> {
    pub(super) fn skips(&self, sequence: i64) -> bool {
        self.skips.contains(&sequence)
    }
}

/// By sequence the event to apply in the place of one of an internal source; empty: none.
pub type Instead = HashMap<i64, Vec<u8>>;

/// How far a frame has been applied.
pub(super) enum Progress<'f> {
    /// At no event of it.
    Frame,
    Internal {
        sequence: i64,
        event: &'f [u8],
    },
    Signed {
        session: SessionId,
        sequence: i64,
        event: &'f [u8],
    },
}

/// Why a frame was not applied, or not to its end. The state may be half changed.
#[derive(Debug)]
pub enum Failure {
    Unreadable(Malformed),
    Broken {
        source: Box<str>,
        destination: Box<str>,
        frame_crc: u32,
        taken: InputStream,
        problem: Discontinuity,
    },
    /// One event cannot be (`known`), or is none that this machine knows.
    Impossible {
        source: Box<str>,
        sequence: i64,
        event: Box<[u8]>,
        known: bool,
        text: String,
    },
    /// Rules of a version that this build does not know are to be in force.
    BehaviourUnknown {
        source: Box<str>,
        sequence: i64,
        event: Box<[u8]>,
        version: i64,
    },
    /// The machine's own fault.
    Raised {
        source: Box<str>,
        sequence: i64,
        subject: String,
        event: Box<[u8]>,
        text: String,
    },
}

/// A snapshot of another machine or version.
#[derive(Debug)]
pub enum Unrestorable {
    Malformed(Malformed),
    Another { name: Box<str>, version: i64 },
}

impl From<Malformed> for Unrestorable {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Machine {
    pub fn new(name: &str, partition: &str, domain: Box<dyn Domain>) -> Self {
        Self {
            name: name.into(),
            partition: partition.into(),
            domain,
            aside: Aside::default(),
            inputs: InputStreams::default(),
            outputs: Outbox::default(),
            events_applied: 0,
        }
    }

    pub fn tick(&self) -> i64 {
        self.domain.tick()
    }

    pub fn duplicates_dropped(&self) -> u64 {
        self.inputs.duplicates
    }

    pub fn looked_at(&self) -> Option<&dyn Any> {
        self.domain.looked_at()
    }

    pub fn aside(&self) -> &Aside {
        &self.aside
    }

    pub fn inputs(&self) -> &InputStreams {
        &self.inputs
    }

    pub fn outputs(&self) -> &Outbox {
        &self.outputs
    }

    /// Apply a frame that has been verified; the outputs, at most one for each destination.
    pub fn apply_frame(
        &mut self,
        position: &[u8],
        data: &[u8],
        skips: &[i64],
        instead: &Instead,
    ) -> Result<Vec<Output<'_>>, Failure> {
        let frame = Frame::read(data).map_err(Failure::Unreadable)?;
        let mut progress = Progress::Frame;
        let applied = catch_unwind(AssertUnwindSafe(|| {
            self.apply(position, data, &frame, skips, instead, &mut progress)
        }));
        match applied {
            Ok(Ok(())) => Ok(self.outputs.number()),
            Ok(Err(failure)) => Err(failure),
            Err(panic) => Err(self.raised(&frame, &progress, panic_text(&*panic))),
        }
    }

    fn apply<'f>(
        &mut self,
        position: &[u8],
        data: &[u8],
        frame: &Frame<'f>,
        skips: &[i64],
        instead: &'f Instead,
        progress: &mut Progress<'f>,
    ) -> Result<(), Failure> {
        let is_usual = skips.is_empty() && instead.is_empty() && self.aside.is_empty();
        let detour = (!is_usual).then_some(Detour { position, skips });
        self.outputs.source.clear();
        self.outputs.source.push_str(frame.source);
        match frame.signer() {
            None => {
                let seen = self
                    .inputs
                    .admit(frame)
                    .map_err(|(taken, problem)| Failure::Broken {
                        source: frame.source.into(),
                        destination: frame.destination.into(),
                        frame_crc: frame.crc,
                        taken,
                        problem,
                    })?;
                self.apply_internal(frame, seen, detour.as_ref(), instead, progress)?;
                self.events_applied += (frame.events.len() - seen) as i64;
            }
            Some(_) if self.domain.signers().is_none() => {
                self.dead_letter(position, data, Reason::SourceForbidden);
            }
            Some(signer) => {
                let mut signed = Signed {
                    domain: &mut *self.domain,
                    aside: &mut self.aside,
                    out: &mut self.outputs,
                };
                let (taken, refusal) = signed.apply(frame, signer, detour.as_ref(), progress);
                self.events_applied += taken as i64;
                if let Some(reason) = refusal {
                    self.dead_letter(position, data, reason);
                }
            }
        }
        Ok(())
    }

    /// Apply the events of an internal source from the one numbered `seen` on.
    fn apply_internal<'f>(
        &mut self,
        frame: &Frame<'f>,
        seen: usize,
        detour: Option<&Detour<'_>>,
        instead: &'f Instead,
        progress: &mut Progress<'f>,
    ) -> Result<(), Failure> {
        let careful = Detour {
            position: &[],
            skips: &[],
        };
        for (place, &event) in frame.events.iter().enumerate().skip(seen) {
            // Behind an ExpectSlots of this frame events may have to be kept.
            let detour = detour.or((!self.aside.is_empty()).then_some(&careful));
            if (place - seen) % AHEAD == 0 {
                let end = frame.events.len().min(place + AHEAD);
                self.domain.look_ahead(&frame.events[place..end]);
            }
            let sequence = frame.first + place as i64;
            let event = match instead.get(&sequence) {
                Some(event) if event.is_empty() => continue, // an operator wants nothing in its place
                Some(event) => event,
                None => event,
            };
            *progress = Progress::Internal { sequence, event };
            let handled = match detour {
                None if type_number(event) == Ok(ExpectSlots::NUMBER) => {
                    self.detoured(&careful, sequence, event)
                }
                None => self.domain.take(event, &mut self.outputs),
                Some(detour) => self.detoured(detour, sequence, event),
            };
            let Some(handled) = handled else {
                return Err(unknown(frame, sequence, event));
            };
            match handled {
                Ok(()) => {}
                Err(Trouble::Impossible(text)) => {
                    return Err(Failure::Impossible {
                        source: frame.source.into(),
                        sequence,
                        event: event.into(),
                        known: true,
                        text,
                    });
                }
                Err(Trouble::BehaviourUnknown { version }) => {
                    return Err(Failure::BehaviourUnknown {
                        source: frame.source.into(),
                        sequence,
                        event: event.into(),
                        version,
                    });
                }
                Err(Trouble::Raised(text)) => return Err(self.raised(frame, progress, text)),
            }
        }
        *progress = Progress::Frame;
        Ok(())
    }

    /// Apply an event of an internal source, or refuse it, or put it aside. None: it is none that the machine
    /// knows.
    fn detoured(&mut self, detour: &Detour<'_>, sequence: i64, event: &[u8]) -> Option<Handled> {
        let (domain, out) = (&mut *self.domain, &mut self.outputs);
        let message = &Event::decode(event)
            .ok()
            .filter(|message| domain.knows(message))?;
        let subject = match message {
            Event::ReleaseQuarantine(decision) => decision.subject.to_owned(),
            _ => domain.subject(message),
        };
        let skipped = detour.skips(sequence);
        if skipped {
            self.aside.skip(detour.position, sequence, &subject, domain, out);
        }
        if let Event::ReleaseQuarantine(decision) = message {
            if !skipped {
                return Some(self.aside.release(decision, domain, out));
            }
        } else if skipped || self.aside.halts(&subject) {
            self.aside.put(&subject, message, event, domain, out);
        } else if !self.aside.keep(message, event, domain) && !self.aside.delay(message, event) {
            let handled = domain.handle(message, out);
            return Some(handled.and_then(|()| self.aside.follow_slots(message, domain, out)));
        }
        Some(Ok(()))
    }

    fn raised(&mut self, frame: &Frame<'_>, progress: &Progress<'_>, text: String) -> Failure {
        let (sequence, subject, event): (_, _, &[u8]) = match *progress {
            Progress::Frame => (frame.first, String::new(), &[]),
            Progress::Internal { sequence, event } => {
                let subject = match Event::decode(event) {
                    Ok(Event::ReleaseQuarantine(decision)) => decision.subject.to_owned(),
                    Ok(message) => self.domain.subject(&message),
                    Err(_) => String::new(),
                };
                (sequence, subject, event)
            }
            Progress::Signed {
                session,
                sequence,
                event,
            } => {
                let signers = self.domain.signers().expect("it has taken a signed frame");
                let message = Event::decode(event).ok();
                (sequence, signers.subject_of(session, message.as_ref()), event)
            }
        };
        Failure::Raised {
            source: frame.source.into(),
            sequence,
            subject,
            event: event.into(),
            text,
        }
    }

    /// Go on in the stream from an internal source behind `last`. Err: so much more has been taken.
    pub fn accept_loss(&mut self, source: &str, last: i64, crc: u32) -> Result<(), i64> {
        self.inputs.go_on_behind(source, last, crc)
    }

    /// Take note of a frame that could not be verified: a dead letter, nothing else changes.
    pub fn refuse_frame(&mut self, position: &[u8], data: &[u8], reason: Reason) -> Vec<Output<'_>> {
        self.dead_letter(position, data, reason);
        self.outputs.number()
    }

    fn dead_letter(&mut self, position: &[u8], data: &[u8], reason: Reason) {
        let letter = DeadLetter {
            partition: &self.partition,
            position,
            reason,
            frame: &data[..data.len().min(DEAD_LETTER_BYTES_MAX)],
            frame_bytes: data.len() as i64,
        };
        self.outputs.send(DEAD_LETTERS, &letter);
    }

    /// A copy of what there is now, which another thread may write while this machine goes on.
    pub fn freeze(&mut self) -> Self {
        Self {
            name: self.name.clone(),
            partition: self.partition.clone(),
            domain: self.domain.freeze(),
            aside: self.aside.clone(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.freeze(),
            events_applied: self.events_applied,
        }
    }

    /// The whole state as canonical MessagePack.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut map = SortedMap::default();
        map.add("version", |to| to.int(SNAPSHOT_VERSION));
        map.add("name", |to| to.text(&self.name));
        map.add("events_applied", |to| to.int(self.events_applied));
        map.add("inputs", |to| self.inputs.write(to));
        map.add("outputs", |to| self.outputs.write(to));
        map.add("domain", |to| self.domain.write(to));
        map.add_if(self.aside.has_skipped(), "quarantine", |to| self.aside.write(to));
        map.add_if(self.aside.arrivals().is_some(), "arrivals", |to| {
            self.aside.write_arrivals(to);
        });
        let mut to = Writer::default();
        map.write(&mut to);
        to.into_bytes()
    }

    pub fn restore(&mut self, snapshot: &[u8]) -> Result<(), Unrestorable> {
        let entries = Entries::read(&mut Reader::new(snapshot))?;
        let (version, name) = (entries.need("version")?.int()?, entries.need("name")?.text()?);
        if version != SNAPSHOT_VERSION || *name != *self.name {
            let name = name.into();
            return Err(Unrestorable::Another { name, version });
        }
        self.events_applied = entries.need("events_applied")?.int()?;
        let duplicates = self.inputs.duplicates;
        self.inputs = InputStreams::read(&mut entries.need("inputs")?)?;
        self.inputs.duplicates = duplicates;
        self.outputs = Outbox::read(&mut entries.need("outputs")?)?;
        self.domain.read(&mut entries.need("domain")?)?;
        self.aside = match entries.get("quarantine") {
            Some(mut from) => Aside::read(&mut from)?,
            None => Aside::default(),
        };
        if let Some(mut from) = entries.get("arrivals") {
            self.aside.read_arrivals(&mut from)?;
        }
        Ok(())
    }

    /// SHA-256 of the snapshot.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.snapshot()).into()
    }
}

/// Of an event that is none, or none that the machine knows.
fn unknown(frame: &Frame<'_>, sequence: i64, event: &[u8]) -> Failure {
    let number = || type_number(event).expect("an event that was read");
    let problem = match Event::decode(event) {
        Ok(_) => Undecodable::TypeUnknown(number()),
        Err(problem) => problem,
    };
    Failure::Impossible {
        source: frame.source.into(),
        sequence,
        event: event.into(),
        known: false,
        text: problem.to_string(),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}
