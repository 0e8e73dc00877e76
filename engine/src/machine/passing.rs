//! Machines that check streams and pass events on: the twin of `bench/passing.py`, for the benchmark alone.
//!
//! What a machine has besides its domain they do with the product's own code: frames are read, streams and their
//! CRC-32 checked, outputs numbered and digested, states written.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::msgpack::{Read, Reader, Writer};
use crate::wire::frame::Frame;

use super::machine::{Failure, SNAPSHOT_VERSION, Unrestorable};
use super::snapshot::{Entries, SortedMap};
use super::streams::{InputStream, InputStreams, Outbox, Output};

/// Where a machine passes things on to.
#[derive(Clone, Debug)]
pub struct Ways {
    pub is_risk: bool,
    /// The book's partition.
    pub book: Box<str>,
    /// Of a risk shard its participants' reports by their registered keys.
    pub participants: HashMap<[u8; 32], Arc<str>>,
    /// Of a book the partitions that get everything too.
    pub copies: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
pub struct Passing {
    pub name: Box<str>,
    ways: Arc<Ways>,
    inputs: InputStreams,
    outputs: Outbox,
    /// The signers' streams.
    signers: BTreeMap<Box<str>, InputStream>,
    /// Reports and events, in the order in which they went to the book, which is that of their return.
    forwarded: VecDeque<(Arc<str>, usize)>,
    pub events_applied: i64,
}

impl Passing {
    pub fn new(name: &str, ways: Ways) -> Self {
        Self {
            name: name.into(),
            ways: Arc::new(ways),
            inputs: InputStreams::default(),
            outputs: Outbox::default(),
            signers: BTreeMap::new(),
            forwarded: VecDeque::new(),
            events_applied: 0,
        }
    }

    pub fn inputs(&self) -> &InputStreams {
        &self.inputs
    }

    pub fn outputs(&self) -> &Outbox {
        &self.outputs
    }

    pub fn apply_frame(&mut self, data: &[u8]) -> Result<Vec<Output<'_>>, Failure> {
        let frame = Frame::read(data).map_err(Failure::Unreadable)?;
        let ways = Arc::clone(&self.ways);
        let seen = match frame.signer() {
            Some((public_key, _)) => self.take_from(&ways, &frame, &public_key)?,
            None => {
                let admitted = self.inputs.admit(&frame);
                admitted.map_err(|(taken, problem)| broken(&frame, taken, problem))?
            }
        };
        let count = frame.events.len() - seen;
        self.events_applied += count as i64;
        if count == 0 {
            return Ok(self.outputs.number());
        }
        let body = &frame.body[frame.end_of(seen)..];
        if frame.signer().is_some() {
            self.outputs.pass(&ways.book, body, count);
        } else if ways.is_risk {
            self.give_back(&frame, seen);
        } else {
            // A risk shard reads the partition of its own number.
            let asker = frame.source.replacen("risk/", "orders/", 1);
            self.outputs.pass(&asker, body, count);
            for copy in &ways.copies {
                self.outputs.pass(copy, body, count);
            }
        }
        Ok(self.outputs.number())
    }

    /// How many events of a participant's frame were seen before; the rest is counted as seen, and forwarded.
    fn take_from(&mut self, ways: &Ways, frame: &Frame<'_>, public_key: &[u8; 32]) -> Result<usize, Failure> {
        let Some(reports) = ways.participants.get(public_key) else {
            return Err(Failure::Impossible {
                source: frame.source.into(),
                sequence: frame.first,
                event: frame.events[0].into(),
                known: true,
                text: "no participant has the key".to_owned(),
            });
        };
        if !self.signers.contains_key(frame.source) {
            self.signers.insert(frame.source.into(), InputStream::default());
        }
        let stream = self.signers.get_mut(frame.source).expect("it is there by now");
        let seen = stream
            .admit(frame)
            .map_err(|problem| broken(frame, *stream, problem))?;
        stream.take(frame, seen);
        let count = frame.events.len() - seen;
        if count > 0 {
            self.forwarded.push_back((Arc::clone(reports), count));
        }
        Ok(seen)
    }

    /// What came back from the book, to those whose it is.
    fn give_back(&mut self, frame: &Frame<'_>, seen: usize) {
        let mut at = seen;
        while at < frame.events.len() {
            let (reports, count) = self.forwarded.pop_front().expect("what was forwarded comes back");
            let end = frame.events.len().min(at + count);
            let left = count - (end - at);
            let body = &frame.body[frame.end_of(at)..frame.end_of(end)];
            self.outputs.pass(&reports, body, end - at);
            if left > 0 {
                self.forwarded.push_front((reports, left));
            }
            at = end;
        }
    }

    pub fn freeze(&mut self) -> Self {
        Self {
            outputs: self.outputs.freeze(),
            ..self.clone()
        }
    }

    /// As the twin's.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut map = SortedMap::default();
        map.add("version", |to| to.int(SNAPSHOT_VERSION));
        map.add("name", |to| to.text(&self.name));
        map.add("events_applied", |to| to.int(self.events_applied));
        map.add("inputs", |to| self.inputs.write(to));
        map.add("outputs", |to| self.outputs.write(to));
        map.add("domain", |to| self.write(to));
        let mut to = Writer::default();
        map.write(&mut to);
        to.into_bytes()
    }

    fn write(&self, to: &mut Writer) {
        let mut map = SortedMap::default();
        map.add("signers", |to| {
            to.array(self.signers.len());
            for (source, stream) in &self.signers {
                to.array(3);
                to.text(source);
                to.int(stream.last);
                to.int(stream.crc.into());
            }
        });
        map.add("forwarded", |to| {
            to.array(self.forwarded.len());
            for (reports, count) in &self.forwarded {
                to.array(2);
                to.text(reports);
                to.int(*count as i64);
            }
        });
        map.write(to);
    }

    pub fn restore(&mut self, snapshot: &[u8]) -> Result<(), Unrestorable> {
        let entries = Entries::read(&mut Reader::new(snapshot))?;
        let (version, name) = (entries.need("version")?.int()?, entries.need("name")?.text()?);
        if version != SNAPSHOT_VERSION || *name != *self.name {
            let name = name.into();
            return Err(Unrestorable::Another { name, version });
        }
        self.events_applied = entries.need("events_applied")?.int()?;
        self.inputs = InputStreams::read(&mut entries.need("inputs")?)?;
        self.outputs = Outbox::read(&mut entries.need("outputs")?)?;
        Ok(self.read(&mut entries.need("domain")?)?)
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Read<()> {
        let entries = Entries::read(from)?;
        self.signers.clear();
        let mut from = entries.need("signers")?;
        for _ in 0..from.array()? {
            from.array_of(3)?;
            let source = from.text()?.into();
            let (last, crc) = (from.int()?, from.int()? as u32);
            self.signers.insert(source, InputStream { last, crc });
        }
        self.forwarded.clear();
        let mut from = entries.need("forwarded")?;
        for _ in 0..from.array()? {
            from.array_of(2)?;
            let reports = from.text()?.into();
            self.forwarded.push_back((reports, from.int()? as usize));
        }
        Ok(())
    }

    /// SHA-256 of the snapshot.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.snapshot()).into()
    }
}

fn broken(frame: &Frame<'_>, taken: InputStream, problem: super::streams::Discontinuity) -> Failure {
    Failure::Broken {
        source: frame.source.into(),
        destination: frame.destination.into(),
        frame_crc: frame.crc,
        taken,
        problem,
    }
}
