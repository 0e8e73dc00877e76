"""Participants as signers of streams: which commands they have, and what they are told of their streams."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bulkhead.domain.keys import EVERYTHING, Permission
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.disconnect import Heartbeat, SetDisconnect
from bulkhead.domain.messages.kill_switch import KillOwn, ReleaseOwn
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import MassCancel, RequestOrders, RequestRejected
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.protection import ResetProtection, SetProtection
from bulkhead.domain.messages.quotes import MassQuote, QuotesRejected
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    GapDetected,
    OrderRejected,
    ReplaceRejected,
    SessionOpened,
    StaleSession,
    StreamMismatch,
)
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.cancel import cancel_order
from bulkhead.domain.risk.checks import owned_account
from bulkhead.domain.risk.disconnect import forget_watch, heard, set_disconnect
from bulkhead.domain.risk.isolation import account_subject
from bulkhead.domain.risk.kill_switch import kill_own, release_own
from bulkhead.domain.risk.listing import live_orders, request_orders, tell_orders
from bulkhead.domain.risk.mass_cancel import mass_cancel
from bulkhead.domain.risk.mass_quote import mass_quote
from bulkhead.domain.risk.model import Participant, Risk
from bulkhead.domain.risk.place import place_order
from bulkhead.domain.risk.place_linked import place_linked, refuse_all
from bulkhead.domain.risk.protection import reset_protection, set_protection
from bulkhead.domain.risk.replace import replace_order
from bulkhead.domain.sessions import Session

Command = Callable[[Risk, Participant, Any, Outbox], None]

COMMANDS: dict[type, Command] = {
    PlaceOrder: place_order,
    CancelOrder: cancel_order,
    ReplaceOrder: replace_order,
    PlacePair: place_linked,
    PlaceBracket: place_linked,
    MassCancel: mass_cancel,
    RequestOrders: request_orders,
    MassQuote: mass_quote,
    SetProtection: set_protection,
    ResetProtection: reset_protection,
    KillOwn: kill_own,
    ReleaseOwn: release_own,
}
OF_SESSIONS: dict[type, Callable[[Risk, Participant, Session, Any, Outbox], None]] = {
    Heartbeat: lambda risk, participant, session, command, out: None,
    SetDisconnect: set_disconnect,
}
"""those that are about the session which says them"""
_REJECTIONS = {PlaceOrder: OrderRejected, CancelOrder: CancelRejected, ReplaceOrder: ReplaceRejected}
_CANCELS: Final = Permission.TRADE | Permission.CANCEL
_NEEDED: Final = {
    CancelOrder: _CANCELS,
    MassCancel: _CANCELS,
    KillOwn: _CANCELS,
    SetDisconnect: _CANCELS,
    Heartbeat: Permission(0),
    RequestOrders: Permission(0),
}
"""permissions, of which the signer's key needs one; 0: none. Commands that are not named need TRADE"""
_REQUESTS = frozenset(
    (MassCancel, RequestOrders, SetProtection, ResetProtection, SetDisconnect, KillOwn, ReleaseOwn)
)


class ParticipantSigners:
    """Implements machines.signed.Signers."""

    def __init__(self, risk: Risk) -> None:
        self._risk = risk
        self.commands: Mapping[type, Callable[[Session, Any, Outbox], None]] = {
            kind: self._for_participant(command, _NEEDED.get(kind, Permission.TRADE))
            for kind, command in COMMANDS.items()
        } | {
            kind: self._for_session(command, _NEEDED.get(kind, Permission.TRADE))
            for kind, command in OF_SESSIONS.items()
        }

    def _for_participant(
        self, command: Command, needed: Permission
    ) -> Callable[[Session, Any, Outbox], None]:
        def apply(session: Session, message: Any, out: Outbox) -> None:
            participant = self._taken(session)
            if self._permits(needed, session, message, out):
                command(self._risk, participant, message, out)

        return apply

    def _for_session(
        self, command: Callable[[Risk, Participant, Session, Any, Outbox], None], needed: Permission
    ) -> Callable[[Session, Any, Outbox], None]:
        def apply(session: Session, message: Any, out: Outbox) -> None:
            participant = self._taken(session)
            if self._permits(needed, session, message, out):
                command(self._risk, participant, session, message, out)

        return apply

    def _permits(self, needed: Permission, session: Session, message: Any, out: Outbox) -> bool:
        """Whether the signer's key may do this, and there is somebody to do it. It is told if not."""
        if type(message) is not Heartbeat and self._risk.is_leaving(self._risk.participants[session.owner]):
            self._reject(session, message, (Reason.SLOT_MOVING, 0, 0), out)
            return False
        has = self._risk.restricted.get(session.public_key, EVERYTHING)
        if not needed or needed & has:
            return True
        self._reject(session, message, (Reason.KEY_PERMISSION, needed, has), out)
        return False

    def _taken(self, session: Session) -> Participant:
        """Whose event is the next of the session's stream, which has been heard with it."""
        participant = self._risk.participants[session.owner]
        participant.last_sequence = session.last
        heard(self._risk, session)
        return participant

    def session(self, public_key: bytes) -> Session | None:
        return self._risk.sessions.get(public_key)

    def stale(self, session: Session, epoch: int, outbox: Outbox) -> None:
        participant = self._risk.participants[session.owner]
        outbox.send(
            participant.reports,
            StaleSession(participant.last_sequence, session.public_key, epoch, session.epoch),
        )

    def gap(self, session: Session, expected: int, received: int, outbox: Outbox) -> None:
        participant = self._risk.participants[session.owner]
        outbox.send(
            participant.reports,
            GapDetected(participant.last_sequence, session.public_key, expected, received),
        )

    def mismatch(self, session: Session, expected: int, received: int, outbox: Outbox) -> None:
        participant = self._risk.participants[session.owner]
        outbox.send(
            participant.reports,
            StreamMismatch(participant.last_sequence, session.public_key, expected, received),
        )

    def unreadable(self, session: Session, reason: Reason, actual: int, outbox: Outbox) -> None:
        participant = self._taken(session)
        outbox.send(participant.reports, CommandRefused(session.last, reason, 0, actual))

    def subject(self, session: Session, message: Any) -> str:
        """The account, where it is one of the signer's; else the signer: nobody halts another's account."""
        if type(message) is OpenSession:
            return f"sessions of {session.owner}"
        if type(message) in COMMANDS:
            account = owned_account(self._risk, _account_id(message), session.owner)
            if account is not None:
                return account_subject(account)
        return f"participant {session.owner}"

    def refuse(self, session: Session, message: Any, reason: Reason, outbox: Outbox) -> None:
        self._reject(session, message, (reason, 0, 0), outbox)

    def _reject(self, session: Session, message: Any, refusal: Refusal, outbox: Outbox) -> None:
        participant = self._taken(session)
        if isinstance(message, PlacePair | PlaceBracket):
            refuse_all(participant, message, refusal, outbox)
            return
        kind = type(message)
        if kind is MassQuote:
            request = session.last, message.request_id, message.account_id
            outbox.send(participant.reports, QuotesRejected(*request, None, *refusal))
            return
        report: object = CommandRefused(session.last, *refusal)
        if kind in _REQUESTS:
            report = RequestRejected(session.last, message.request_id, _account_id(message), *refusal)
        elif kind in _REJECTIONS:
            rejection = _REJECTIONS[kind]
            report = rejection(session.last, message.account_id, message.client_order_id, *refusal)
        outbox.send(participant.reports, report)

    def opened(self, session: Session, previous_epoch: int, previous_last: int, outbox: Outbox) -> None:
        forget_watch(self._risk, session)
        participant = self._taken(session)
        live = live_orders(self._risk, participant)
        outbox.send(
            participant.reports,
            SessionOpened(
                session.last, session.public_key, session.epoch, previous_epoch, previous_last, len(live)
            ),
        )
        tell_orders(participant, live, outbox)


def _account_id(message: Any) -> str | None:
    """The account that a command is about; None where it is about all of the participant."""
    return getattr(message, "account_id", None)
