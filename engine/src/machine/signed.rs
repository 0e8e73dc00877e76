//! Streams that a key signs.
//!
//! Nothing that a signer sends can stop a shard. A frame of an unknown key goes to dead letters; a gap, a
//! mismatch or a stale epoch is told once an episode; an event that cannot be read uses its number and is
//! refused, as is one that is skipped, or whose account is halted.

use crate::wire::event::{Undecodable, type_number};
use crate::wire::frame::{Frame, Signer};
use crate::wire::messages::Event;
use crate::wire::vocabulary::Reason;

use super::aside::Aside;
use super::domain::{Domain, SessionId, Signers};
use super::machine::{AHEAD, Detour, Progress};
use super::sessions::Episode;
use super::streams::{Discontinuity, Outbox};

/// What a signed frame is applied to.
pub(super) struct Signed<'m> {
    pub domain: &'m mut dyn Domain,
    pub aside: &'m mut Aside,
    pub out: &'m mut Outbox,
}

impl Signed<'_> {
    /// Apply a verified frame: how many events it brought, and why it is a dead letter, if it is one.
    pub fn apply<'f>(
        &mut self,
        frame: &Frame<'f>,
        (public_key, epoch): Signer,
        detour: Option<&Detour<'_>>,
        progress: &mut Progress<'f>,
    ) -> (usize, Option<Reason>) {
        let Some(session) = self.signers().session(&public_key) else {
            return (0, Some(Reason::KeyUnknown));
        };
        let mut opening = None;
        let known = self.signers().at(session);
        let (known_epoch, last) = (known.epoch, known.last());
        if epoch != known_epoch {
            if epoch < known_epoch || !opens(frame) {
                if known.begin_episode(Episode::Stale(epoch)) {
                    self.tell(|signers, out| signers.stale(session, epoch, out));
                }
                return (0, None);
            }
            opening = Some((known_epoch, last));
            known.open(epoch);
        }
        let seen = self.admit(frame, session);
        let events = &frame.events[seen..];
        for (place, &event) in events.iter().enumerate() {
            if place % AHEAD == 0 {
                self.domain
                    .look_ahead(&events[place..events.len().min(place + AHEAD)]);
            }
            let stream = &mut self.signers().at(session).stream;
            stream.last += 1;
            *progress = Progress::Signed {
                session,
                sequence: stream.last,
                event,
            };
            match detour {
                None => self.event(session, event, opening),
                Some(detour) => self.event_or_refusal(detour, session, event, opening),
            }
        }
        *progress = Progress::Frame;
        if !events.is_empty() {
            self.signers().at(session).end_episode();
        }
        (events.len(), None)
    }

    fn signers(&mut self) -> &mut dyn Signers {
        self.domain.signers().expect("a machine that takes signed frames")
    }

    fn tell(&mut self, say: impl FnOnce(&mut dyn Signers, &mut Outbox)) {
        let signers = self.domain.signers().expect("a machine that takes signed frames");
        say(signers, self.out);
    }

    /// How many events were seen; the CRC-32 of the stream goes on over the rest. What does not go on has been
    /// told, and counts as seen.
    fn admit(&mut self, frame: &Frame<'_>, session: SessionId) -> usize {
        let known = self.signers().at(session);
        match known.stream.admit(frame) {
            Ok(seen) => {
                let last = known.stream.last;
                known.stream.take(frame, seen);
                known.stream.last = last; // each event counts when it is applied
                return seen;
            }
            Err(Discontinuity::Gap { expected, received }) => {
                if known.begin_episode(Episode::Gap(known.last())) {
                    self.tell(|signers, out| signers.gap(session, expected, received, out));
                }
            }
            Err(Discontinuity::Mismatch {
                expected, received, ..
            }) => {
                if known.begin_episode(Episode::Mismatch(known.last())) {
                    let (expected, received) = (expected.into(), received.into());
                    self.tell(|signers, out| signers.mismatch(session, expected, received, out));
                }
            }
        }
        frame.events.len()
    }

    fn event_or_refusal(
        &mut self,
        detour: &Detour<'_>,
        session: SessionId,
        event: &[u8],
        opening: Option<(i64, i64)>,
    ) {
        let message = Event::decode(event).ok();
        let signers = self.signers();
        let sequence = signers.at(session).last();
        let subject = signers.subject_of(session, message.as_ref());
        let refusal = if detour.skips(sequence) {
            self.aside
                .skip(detour.position, sequence, &subject, self.domain, self.out);
            Reason::Quarantined
        } else if self.aside.halts(&subject) {
            Reason::AccountHalted
        } else {
            return self.event(session, event, opening);
        };
        self.tell(|signers, out| signers.refuse_to(session, message.as_ref(), refusal, out));
    }

    fn event(&mut self, session: SessionId, event: &[u8], opening: Option<(i64, i64)>) {
        let mut is_taken = false;
        self.tell(|signers, out| is_taken = signers.take(session, event, out));
        if is_taken {
            return;
        }
        let unreadable = match Event::decode(event) {
            Err(Undecodable::Malformed(_)) => (Reason::Malformed, event.len() as i64),
            Err(Undecodable::TypeUnknown(number)) => (Reason::TypeUnknown, number.into()),
            Ok(Event::OpenSession(_)) if opening.is_some() && self.signers().at(session).last() == 1 => {
                let (epoch, last) = opening.expect("looked at above");
                return self.tell(|signers, out| signers.opened(session, epoch, last, out));
            }
            Ok(message) => {
                let mut is_command = false;
                self.tell(|signers, out| is_command = signers.command(session, &message, out));
                if is_command {
                    return;
                }
                let number = type_number(event).expect("an event that was read");
                (Reason::TypeUnknown, number.into())
            }
        };
        let (reason, actual) = unreadable;
        self.tell(|signers, out| signers.unreadable(session, reason, actual, out));
    }
}

/// Whether a frame begins a new epoch's stream.
fn opens(frame: &Frame<'_>) -> bool {
    let first = Event::decode(frame.events[0]);
    frame.first == 1 && frame.crc == 0 && matches!(first, Ok(Event::OpenSession(_)))
}
