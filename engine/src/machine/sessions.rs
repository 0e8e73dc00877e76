//! Sessions: the receiving end of the streams that one key signs, one epoch after another.

use crate::msgpack::{Malformed, Read, Reader, Writer};

use super::streams::InputStream;

/// What was told last about a stream that does not go on, with a number: so it is told once, not with every
/// frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Episode {
    Stale(i64),
    Gap(i64),
    Mismatch(i64),
}

/// Of one registered key. `owner` is what the key speaks for.
#[derive(Clone, Debug)]
pub struct Session {
    pub public_key: [u8; 32],
    pub owner: Box<str>,
    /// 0: none opened yet.
    pub epoch: i64,
    pub stream: InputStream,
    episode: Option<Episode>,
}

impl Session {
    pub fn new(public_key: [u8; 32], owner: &str) -> Self {
        Self {
            public_key,
            owner: owner.into(),
            epoch: 0,
            stream: InputStream::default(),
            episode: None,
        }
    }

    /// Sequence of the last event taken.
    pub fn last(&self) -> i64 {
        self.stream.last
    }

    /// Begin the stream of a higher epoch; every lower one is fenced.
    pub fn open(&mut self, epoch: i64) {
        self.epoch = epoch;
        self.stream = InputStream::default();
        self.episode = None;
    }

    /// Whether this has not been told yet.
    pub fn begin_episode(&mut self, episode: Episode) -> bool {
        self.episode.replace(episode) != Some(episode)
    }

    pub fn end_episode(&mut self) {
        self.episode = None;
    }

    pub fn write(&self, to: &mut Writer) {
        to.array(5);
        to.text(&self.owner);
        to.int(self.epoch);
        to.int(self.stream.last);
        to.int(self.stream.crc.into());
        let (what, number) = match self.episode {
            None => return to.nil(),
            Some(Episode::Stale(number)) => ("stale", number),
            Some(Episode::Gap(number)) => ("gap", number),
            Some(Episode::Mismatch(number)) => ("mismatch", number),
        };
        to.array(2);
        to.text(what);
        to.int(number);
    }

    pub fn read(public_key: [u8; 32], from: &mut Reader<'_>) -> Read<Self> {
        from.array_of(5)?;
        let mut session = Self::new(public_key, from.text()?);
        session.epoch = from.int()?;
        session.stream.last = from.int()?;
        session.stream.crc = from.int()? as u32;
        if !from.nil() {
            from.array_of(2)?;
            let what = from.text()?;
            let number = from.int()?;
            session.episode = Some(match what {
                "stale" => Episode::Stale(number),
                "gap" => Episode::Gap(number),
                "mismatch" => Episode::Mismatch(number),
                _ => return Err(Malformed("an episode of no kind")),
            });
        }
        Ok(session)
    }
}
