//! The two ends of a stream (source, destination): dense numbers, a running CRC-32 and, for outputs, a digest.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use crate::msgpack::{Read, Reader, Writer};
use crate::wire::event::Message;
use crate::wire::frame::{Frame, advance_crc, advance_crc_over};

/// As `DIGEST_BLOCK_BYTES` of the reference.
const DIGEST_BLOCK_BYTES: usize = 4096;

/// Why a frame does not continue its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discontinuity {
    /// It begins after the next number expected.
    Gap { expected: i64, received: i64 },
    /// Its running CRC-32 is not that of the events taken.
    Mismatch {
        sequence: i64,
        expected: u32,
        received: u32,
    },
}

/// The receiving end.
#[derive(Clone, Copy, Debug, Default)]
pub struct InputStream {
    pub last: i64,
    pub crc: u32,
}

impl InputStream {
    /// How many events of `frame` were seen before: all of them, or what follows is new.
    pub fn admit(&self, frame: &Frame<'_>) -> Result<usize, Discontinuity> {
        let (expected, received) = (self.last + 1, frame.first);
        if received > expected {
            return Err(Discontinuity::Gap { expected, received });
        }
        let seen = usize::try_from(expected - received).expect("a frame that begins at or before the next");
        if seen >= frame.events.len() {
            return Ok(frame.events.len());
        }
        let crc = advance(frame.crc, &frame.events[..seen]);
        if crc == self.crc {
            Ok(seen)
        } else {
            Err(Discontinuity::Mismatch {
                sequence: self.last,
                expected: self.crc,
                received: crc,
            })
        }
    }

    /// Count the events of a frame as seen, but so many that were before.
    pub fn take(&mut self, frame: &Frame<'_>, seen: usize) {
        self.last += (frame.events.len() - seen) as i64;
        self.crc = if seen == 0 {
            advance_crc_over(self.crc, frame.body)
        } else {
            advance(self.crc, &frame.events[seen..])
        };
    }
}

fn advance(crc: u32, events: &[&[u8]]) -> u32 {
    events.iter().fold(crc, |crc, event| advance_crc(crc, event))
}

/// The internal sources of one partition.
#[derive(Clone, Debug, Default)]
pub struct InputStreams {
    streams: BTreeMap<Box<str>, InputStream>,
    /// Events dropped as seen, since the process started; no part of the state.
    pub duplicates: u64,
}

impl InputStreams {
    /// How many events of `frame` were seen before; the rest is counted as seen.
    pub fn admit(&mut self, frame: &Frame<'_>) -> Result<usize, (InputStream, Discontinuity)> {
        let known = self.streams.get_mut(frame.source);
        let mut unknown = InputStream::default();
        let is_known = known.is_some();
        let stream = known.unwrap_or(&mut unknown);
        let seen = stream.admit(frame).map_err(|problem| (*stream, problem))?;
        stream.take(frame, seen);
        self.duplicates += seen as u64;
        if !is_known {
            self.streams.insert(frame.source.into(), unknown);
        }
        Ok(seen)
    }

    /// As if all of the stream from `source` up to `last` had been taken. Err: so much more has been.
    pub fn go_on_behind(&mut self, source: &str, last: i64, crc: u32) -> Result<(), i64> {
        let taken = self.streams.get(source).map_or(0, |stream| stream.last);
        if last < taken {
            return Err(taken);
        }
        self.streams.insert(source.into(), InputStream { last, crc });
        Ok(())
    }

    pub fn each(&self) -> impl Iterator<Item = (&str, &InputStream)> {
        self.streams.iter().map(|(name, stream)| (&**name, stream))
    }

    pub fn write(&self, to: &mut Writer) {
        to.map(self.streams.len());
        for (source, stream) in &self.streams {
            to.text(source);
            to.array(2);
            to.int(stream.last);
            to.int(stream.crc.into());
        }
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let mut streams = BTreeMap::new();
        for _ in 0..from.map()? {
            let source = from.text()?;
            from.array_of(2)?;
            let (last, crc) = (from.int()?, from.int()? as u32);
            streams.insert(source.into(), InputStream { last, crc });
        }
        Ok(Self {
            streams,
            duplicates: 0,
        })
    }
}

/// The sending end.
#[derive(Clone, Debug, Default)]
struct OutputStream {
    destination: Box<str>,
    last: i64,
    crc: u32,
    /// Of all whole blocks.
    chain: [u8; 32],
    /// The bytes after them.
    tail: Vec<u8>,
    /// What one input frame has caused: its events, each a bin, and how many.
    body: Writer,
    events: i64,
    /// The CRC-32 before them.
    body_crc: u32,
}

/// Consecutive events of one output stream that one input frame caused.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    pub destination: &'a str,
    pub first: i64,
    pub events: i64,
    /// The stream's running CRC-32 before the first event.
    pub crc: u32,
    /// The events, each a bin, one after another.
    pub body: &'a [u8],
}

impl OutputStream {
    /// Give what is pending the next sequences.
    fn number(&mut self) {
        self.body_crc = self.crc;
        self.last += self.events;
        self.crc = advance_crc_over(self.crc, self.body.as_bytes());
        self.chain_up();
    }

    /// What was numbered last.
    fn output(&self) -> Output<'_> {
        Output {
            destination: &self.destination,
            first: self.last - self.events + 1,
            events: self.events,
            crc: self.body_crc,
            body: self.body.as_bytes(),
        }
    }

    /// Add what is numbered to the stream's digest.
    fn chain_up(&mut self) {
        let mut rest = self.body.as_bytes();
        while self.tail.len() + rest.len() >= DIGEST_BLOCK_BYTES {
            let (head, behind) = rest.split_at(DIGEST_BLOCK_BYTES - self.tail.len());
            let digest = Sha256::new().chain_update(self.chain).chain_update(&self.tail);
            self.chain = digest.chain_update(head).finalize().into();
            self.tail.clear();
            rest = behind;
        }
        self.tail.extend_from_slice(rest);
    }

    fn digest(&self) -> [u8; 32] {
        let digest = Sha256::new().chain_update(self.chain).chain_update(&self.tail);
        digest.chain_update(self.last.to_be_bytes()).finalize().into()
    }
}

/// A partition that is spoken to again and again: it remembers where its stream was found last.
#[derive(Debug)]
pub struct Destination {
    name: Box<str>,
    /// A guess: the streams of a restored machine stand in other places. Atomic only since machines are shared
    /// between threads.
    place: AtomicUsize,
}

impl Destination {
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self {
            name: name.into(),
            place: AtomicUsize::new(usize::MAX),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Clone for Destination {
    fn clone(&self) -> Self {
        Self::new(self.name.clone())
    }
}

/// The output streams of a machine, and what an input frame causes until it is numbered.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// Who said what is being handled, such as risk/2.
    pub source: String,
    streams: Vec<OutputStream>,
    places: HashMap<Box<str>, usize>,
    /// The streams that this input frame has spoken to, in the order in which it did first.
    spoken: Vec<usize>,
    /// Those of the frame before: their bodies may still be read.
    numbered: Vec<usize>,
    /// Bodies that are used again: most frames cause about as much as the one before.
    spare: Vec<Writer>,
}

/// So many are kept, of at most so much room: more than a frame of 1,024 orders needs, and little beside a shard.
const BODIES_KEPT: usize = 16;
const BODY_BYTES_KEPT: usize = 128 * 1024;

impl Outbox {
    /// Say `message` to a partition, after everything said to it before.
    pub fn send(&mut self, destination: &str, message: &impl Message) {
        let place = self.find(destination);
        self.append(place, message);
    }

    /// As `send`, to a partition that is spoken to again and again: it costs no look-up.
    pub fn say(&mut self, destination: &Destination, message: &impl Message) {
        let mut place = destination.place.load(Ordering::Relaxed);
        let guessed = self.streams.get(place);
        if guessed.is_none_or(|stream| stream.destination != destination.name) {
            place = self.find(&destination.name);
            destination.place.store(place, Ordering::Relaxed);
        }
        self.append(place, message);
    }

    /// As `send` of each of so many events, which stand in `body` as in a frame's.
    pub(super) fn pass(&mut self, destination: &str, body: &[u8], events: usize) {
        let place = self.find(destination);
        let stream = self.ready(place);
        stream.body.raw(body);
        stream.events += events as i64;
    }

    fn find(&mut self, destination: &str) -> usize {
        match self.places.get(destination) {
            Some(&place) => place,
            None => self.open(destination),
        }
    }

    fn append(&mut self, place: usize, message: &impl Message) {
        let stream = self.ready(place);
        stream.body.bin_of(|body| message.write(body));
        stream.events += 1;
    }

    /// The stream at `place`, to be added to.
    #[inline]
    fn ready(&mut self, place: usize) -> &mut OutputStream {
        let stream = &mut self.streams[place];
        if stream.events == 0 || !self.numbered.is_empty() {
            self.begin(place);
        }
        &mut self.streams[place]
    }

    /// Speak to a stream for the first time in a frame.
    #[cold]
    fn begin(&mut self, place: usize) {
        self.let_go();
        let stream = &mut self.streams[place];
        if stream.events == 0 {
            stream.body = self.spare.pop().unwrap_or_default();
            self.spoken.push(place);
        }
    }

    /// Forget what the frame before has caused.
    fn let_go(&mut self) {
        for place in self.numbered.drain(..) {
            let stream = &mut self.streams[place];
            stream.events = 0;
            let mut body = std::mem::take(&mut stream.body);
            if self.spare.len() < BODIES_KEPT && body.room() <= BODY_BYTES_KEPT {
                body.clear();
                self.spare.push(body);
            }
        }
    }

    fn open(&mut self, destination: &str) -> usize {
        let place = self.streams.len();
        self.streams.push(OutputStream {
            destination: destination.into(),
            ..OutputStream::default()
        });
        self.places.insert(destination.into(), place);
        place
    }

    /// Number what one input frame caused; destinations in the order in which it first spoke to them. It can be
    /// read until the next frame.
    pub fn number(&mut self) -> Vec<Output<'_>> {
        self.let_go();
        std::mem::swap(&mut self.spoken, &mut self.numbered);
        for &place in &self.numbered {
            self.streams[place].number();
        }
        let streams = &self.streams;
        self.numbered
            .iter()
            .map(|&place| streams[place].output())
            .collect()
    }

    /// The streams as they are between two frames, to be written.
    pub fn freeze(&mut self) -> Self {
        self.let_go();
        self.spare.clear();
        self.clone()
    }

    /// By destination, sorted: the last sequence, and the digest of everything sent.
    pub fn digests(&self) -> Vec<(&str, i64, [u8; 32])> {
        let streams = self.sorted().into_iter();
        streams.map(|s| (&*s.destination, s.last, s.digest())).collect()
    }

    /// Those that something was ever sent on.
    fn sorted(&self) -> Vec<&OutputStream> {
        let mut streams: Vec<_> = self.streams.iter().filter(|stream| stream.last > 0).collect();
        streams.sort_unstable_by(|one, other| one.destination.cmp(&other.destination));
        streams
    }

    pub fn write(&self, to: &mut Writer) {
        let streams = self.sorted();
        to.map(streams.len());
        for stream in streams {
            to.text(&stream.destination);
            to.array(4);
            to.int(stream.last);
            to.int(stream.crc.into());
            to.bin(&stream.chain);
            to.bin(&stream.tail);
        }
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let mut outbox = Self::default();
        for _ in 0..from.map()? {
            let place = outbox.open(from.text()?);
            let stream = &mut outbox.streams[place];
            from.array_of(4)?;
            (stream.last, stream.crc) = (from.int()?, from.int()? as u32);
            stream.chain = *from.bin_of()?;
            stream.tail = from.bin()?.to_vec();
        }
        Ok(outbox)
    }
}
