"""Streams that a key signs: of participants (to risk) and of operators (to control).

Nothing that a signer sends can stop a shard. A frame of an unknown key goes to dead letters; a gap, a
mismatch or a stale epoch is told once an episode; an event that cannot be read uses its number and is
refused, as is one that is skipped, or whose account is halted.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.reasons import Reason
from bulkhead.domain.sessions import Session
from bulkhead.machines.aside import Detour
from bulkhead.machines.interface import NOT_A_MACHINES_OWN
from bulkhead.machines.streams import Gap, InputStream, Mismatch
from bulkhead.wire.codec import Malformed, TypeUnknown, decode, type_number
from bulkhead.wire.frame import Frame, advance_crc


class Signers(Protocol):
    """What the machine of the domain knows of its signers and says to them."""

    @property
    def commands(self) -> Mapping[type, Callable[[Session, Any, Outbox], None]]:
        """By message class: what a signer may ask for."""
        ...

    def session(self, public_key: bytes) -> Session | None: ...

    def stale(self, session: Session, epoch: int, outbox: Outbox) -> None: ...

    def gap(self, session: Session, expected: int, received: int, outbox: Outbox) -> None: ...

    def mismatch(self, session: Session, expected: int, received: int, outbox: Outbox) -> None: ...

    def unreadable(self, session: Session, reason: Reason, actual: int, outbox: Outbox) -> None: ...

    def subject(self, session: Session, message: Any) -> str:
        """What would halt, were the signer's `message` skipped; None is one that cannot be read."""
        ...

    def refuse(self, session: Session, message: Any, reason: Reason, outbox: Outbox) -> None:
        """Answer a message (None: one that cannot be read) that is skipped, or whose subject is halted."""
        ...

    def opened(self, session: Session, previous_epoch: int, previous_last: int, outbox: Outbox) -> None: ...


class EventRaised(Exception):
    """A machine's own exception, its cause, at an event: arguments of interface.MachineRaised from `sequence`
    on.
    """


class SignedStreams:
    def __init__(self, signers: Signers) -> None:
        self._signers = signers
        self._commands = signers.commands

    def apply(
        self, frame: Frame, signer: tuple[bytes, int], outbox: Outbox, detour: Detour | None = None
    ) -> tuple[int, Reason | None]:
        """Apply a verified frame: how many events it brought, and why it is a dead letter, if it is one."""
        public_key, epoch = signer
        session = self._signers.session(public_key)
        if session is None:
            return 0, Reason.KEY_UNKNOWN
        opening = None
        if epoch != session.epoch:
            if epoch < session.epoch or not _opens(frame):
                if session.begin_episode("stale", epoch):
                    self._signers.stale(session, epoch, outbox)
                return 0, None
            opening = (session.epoch, session.last)
            session.open(epoch)
        events = self._admit(frame, session, outbox)
        session.crc = advance_crc(session.crc, events)
        apply = self._apply_event if detour is None else partial(self._apply_or_refuse, detour)
        for event in events:
            session.last += 1
            try:
                apply(session, event, opening, outbox)
            except NOT_A_MACHINES_OWN:
                raise
            except Exception as problem:
                subject = self._signers.subject(session, _readable(event))
                raise EventRaised(session.last, subject, event) from problem
        if events:
            session.end_episode()
        return len(events), None

    def _admit(self, frame: Frame, session: Session, outbox: Outbox) -> list[bytes]:
        try:
            return InputStream(session.last, session.crc).admit(frame)
        except Gap as gap:
            if session.begin_episode("gap", session.last):
                self._signers.gap(session, gap.expected, gap.received, outbox)
        except Mismatch as mismatch:
            if session.begin_episode("mismatch", session.last):
                self._signers.mismatch(session, mismatch.expected, mismatch.received, outbox)
        return []

    def _apply_or_refuse(
        self,
        detour: Detour,
        session: Session,
        event: bytes,
        opening: tuple[int, int] | None,
        outbox: Outbox,
    ) -> None:
        message = _readable(event)
        subject = self._signers.subject(session, message)
        if detour.skip(session.last, subject, outbox):
            self._signers.refuse(session, message, Reason.QUARANTINED, outbox)
        elif detour.halts(subject):
            self._signers.refuse(session, message, Reason.ACCOUNT_HALTED, outbox)
        else:
            self._apply_event(session, event, opening, outbox)

    def _apply_event(
        self, session: Session, event: bytes, opening: tuple[int, int] | None, outbox: Outbox
    ) -> None:
        try:
            message = decode(event)
        except Malformed:
            self._signers.unreadable(session, Reason.MALFORMED, len(event), outbox)
            return
        except TypeUnknown as unknown:
            self._signers.unreadable(session, Reason.TYPE_UNKNOWN, unknown.number, outbox)
            return
        kind = type(message)
        if kind is OpenSession and opening is not None and session.last == 1:
            self._signers.opened(session, *opening, outbox)
            return
        command = self._commands.get(kind)
        if command is None:
            self._signers.unreadable(session, Reason.TYPE_UNKNOWN, type_number(event), outbox)
            return
        command(session, message, outbox)


def _opens(frame: Frame) -> bool:
    """Whether a frame begins a new epoch's stream."""
    return frame.first == 1 and frame.crc == 0 and isinstance(_readable(frame.events[0]), OpenSession)


def _readable(event: bytes) -> Any:
    """The message in `event`; None where there is none."""
    try:
        return decode(event)
    except (Malformed, TypeUnknown):
        return None
