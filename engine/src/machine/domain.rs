//! What a machine of the domain is: it handles one message at a time and says messages to partitions.

use std::any::Any;

use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::Event;
use crate::wire::vocabulary::Reason;

use super::sessions::Session;
use super::streams::Outbox;

/// The subject of an event that nothing has to halt for: it is refused, and nothing is changed by it.
pub const ALONE: &str = "this event alone";

/// Why a message was not handled.
#[derive(Debug)]
pub enum Trouble {
    /// It cannot follow from what this machine has said and heard: something is lost, or a machine is wrong.
    Impossible(String),
    /// It asks for rules of a version that this build does not know; another replica may. Nothing has changed.
    BehaviourUnknown { version: i64 },
    /// The machine's own fault, as a panic is: in quarantine the event can be skipped.
    Raised(String),
}

pub type Handled = Result<(), Trouble>;

/// The machine of one kind of shard.
///
/// The second half says what of it can halt by itself, while the rest goes on: `Isolation` of the reference
/// says what each method does.
pub trait Domain: Send + Sync {
    /// Whether an internal source may send such a message.
    fn knows(&self, message: &Event<'_>) -> bool;

    /// Handle a message that it knows.
    fn handle(&mut self, message: &Event<'_>, out: &mut Outbox) -> Handled;

    /// Handle the message in an event without looking at anybody else's; None: it is none that it knows, and nothing
    /// has been done. The usual way of an event: what is decoded is no greater than that message.
    fn take(&mut self, event: &[u8], out: &mut Outbox) -> Option<Handled>;

    /// Look at what these events will need, so that it is at hand when they are handled: memory answers many
    /// questions at once, and one after another slowly. Nothing changes.
    fn look_ahead(&self, _events: &[&[u8]]) {}

    /// Number of the last tick that it was told; 0 where it has no time.
    fn tick(&self) -> i64;

    /// Write its state, canonically.
    fn write(&self, to: &mut Writer);

    /// What there is, as it is now, to be written by another thread while this goes on. Takes little time,
    /// however much there is: `chunks::Chunks` are shared. Nothing but `write` is asked of it.
    fn freeze(&mut self) -> Box<dyn Domain>;

    /// Begin anew, with the state that was written.
    fn read(&mut self, from: &mut Reader<'_>) -> Read<()>;

    /// Those who may send signed frames; None: nobody.
    fn signers(&mut self) -> Option<&mut dyn Signers> {
        None
    }

    /// What can be asked of it by who knows what it is; None: nothing.
    fn looked_at(&self) -> Option<&dyn Any> {
        None
    }

    fn subject(&self, _message: &Event<'_>) -> String {
        String::new()
    }

    /// Whether the message is about somebody who is not known here: one who may be on the way here.
    fn is_stranger(&self, _message: &Event<'_>) -> bool {
        false
    }

    fn halt(&mut self, _subject: &str, _out: &mut Outbox) {}

    fn resume(&mut self, _subject: &str, _out: &mut Outbox) {}

    fn refuse(&mut self, _message: &Event<'_>, _out: &mut Outbox) -> bool {
        false
    }

    fn put_aside(&mut self, _message: &Event<'_>) {}

    fn take_up(&mut self, _message: &Event<'_>) {}

    /// # Panics
    /// Where it has happened, and can only be applied.
    fn discard(&mut self, message: &Event<'_>, _out: &mut Outbox) {
        panic!("it has happened, and can only be applied: {message:?}");
    }
}

/// Declare which message goes where: `handlers!(Type, self.field: Message => function, …)`, as `HANDLERS` of the
/// reference. A function takes the state, the message and the outbox.
macro_rules! handlers {
    ($state:ident: $($message:ident => $handler:path,)+) => {
        fn knows(&self, message: &$crate::wire::messages::Event<'_>) -> bool {
            matches!(message, $($crate::wire::messages::Event::$message(_))|+)
        }

        fn take(
            &mut self,
            event: &[u8],
            out: &mut $crate::machine::streams::Outbox,
        ) -> Option<$crate::machine::domain::Handled> {
            match $crate::wire::event::type_number(event).ok()? {
                $(<$crate::wire::messages::$message as $crate::wire::event::Message>::NUMBER => {
                    let message = $crate::wire::messages::$message::decode(event).ok()?;
                    Some($handler(&mut self.$state, &message, out))
                })+
                _ => None,
            }
        }

        fn handle(
            &mut self,
            message: &$crate::wire::messages::Event<'_>,
            out: &mut $crate::machine::streams::Outbox,
        ) -> $crate::machine::domain::Handled {
            match message {
                $($crate::wire::messages::Event::$message(message) => $handler(&mut self.$state, message, out),)+
                _ => unreachable!("the machine has looked whether it is known"),
            }
        }
    };
}
pub(crate) use handlers;

/// Names a session among those of a machine, until the machine takes the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(pub usize);

/// Signers of streams: which commands they have, and what they are told of their streams. As `Signers` of the
/// reference, where a session is handed over as an object.
pub trait Signers {
    fn session(&self, public_key: &[u8; 32]) -> Option<SessionId>;

    fn at(&mut self, session: SessionId) -> &mut Session;

    /// Carry out what a signer asks for. False: signers may not ask for such a thing, and nothing has changed.
    fn command(&mut self, session: SessionId, message: &Event<'_>, out: &mut Outbox) -> bool;

    /// Carry out one of the commands that most events are, decoded as the one message that it is, as `Domain::take`.
    /// False: it is none of those, or cannot be read, or its key may not; nothing has been done, and the long way
    /// says what is to be said.
    fn take(&mut self, session: SessionId, event: &[u8], out: &mut Outbox) -> bool;

    fn stale(&mut self, session: SessionId, epoch: i64, out: &mut Outbox);

    fn gap(&mut self, session: SessionId, expected: i64, received: i64, out: &mut Outbox);

    fn mismatch(&mut self, session: SessionId, expected: i64, received: i64, out: &mut Outbox);

    fn unreadable(&mut self, session: SessionId, reason: Reason, actual: i64, out: &mut Outbox);

    /// What would halt, were the signer's message skipped; None is one that cannot be read.
    fn subject_of(&self, session: SessionId, message: Option<&Event<'_>>) -> String;

    /// Answer a message (None: one that cannot be read) that is skipped, or whose subject is halted.
    fn refuse_to(
        &mut self,
        session: SessionId,
        message: Option<&Event<'_>>,
        reason: Reason,
        out: &mut Outbox,
    );

    fn opened(&mut self, session: SessionId, previous_epoch: i64, previous_last: i64, out: &mut Outbox);
}
