"""Cancel on disconnect: a session that has asked for it and falls silent loses its participant's orders.

Silence is counted by ticks. It is the session's that asked, not the participant's: a program that runs on
does not hide that another one is gone.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.disconnect import Disconnected, DisconnectSet, SetDisconnect
from bulkhead.domain.messages.mass import RequestRejected
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.guards import Watch
from bulkhead.domain.risk.listing import live_orders
from bulkhead.domain.risk.mass_cancel import ask_to_end
from bulkhead.domain.risk.model import Instrument, Participant, Risk
from bulkhead.domain.risk.risk_events import session_silent
from bulkhead.domain.sessions import Session

AFTER_MS_MIN = 1_000
"""ten ticks of the usual clock: a client sends a heartbeat every third of it"""
AFTER_MS_MAX = 86_400_000
TICK_MS_MAX = 1_000
"""of silence, that one tick counts for: time that jumped is not silence"""


def set_disconnect(
    risk: Risk, participant: Participant, session: Session, command: SetDisconnect, out: Outbox
) -> None:
    after_ms = command.after_ms
    request = participant.last_sequence, command.request_id
    if after_ms and not AFTER_MS_MIN <= after_ms <= AFTER_MS_MAX:
        nearest = AFTER_MS_MIN if after_ms < AFTER_MS_MIN else AFTER_MS_MAX
        told = RequestRejected(*request, None, Reason.DISCONNECT_TIME, nearest, after_ms)
        out.send(participant.reports, told)
        return
    risk.watches.pop(session.public_key, None)
    if after_ms:
        risk.watches[session.public_key] = Watch(participant.participant_id, after_ms)
    out.send(participant.reports, DisconnectSet(*request, after_ms))


def heard(risk: Risk, session: Session) -> None:
    """An event of the session was taken; what follows is applied in its name."""
    watch = risk.speaking = risk.watches.get(session.public_key)
    if watch is not None and not watch.is_over:
        watch.silent_ms = 0


def forget_watch(risk: Risk, session: Session) -> None:
    """The key has opened another session."""
    risk.watches.pop(session.public_key, None)


def check_connected(risk: Risk) -> Refusal | None:
    """Whether the session that speaks is taken for one that is still there."""
    watch = risk.speaking
    if watch is None or not watch.is_over:
        return None
    return Reason.DISCONNECTED, watch.after_ms, watch.silent_ms


def count_silence(risk: Risk, elapsed_ms: int, out: Outbox) -> None:
    """A tick, so long after the one before."""
    counted_ms = min(max(elapsed_ms, 0), TICK_MS_MAX)
    for public_key, watch in sorted(risk.watches.items()):
        if not watch.is_over:
            watch.silent_ms += counted_ms
            if watch.is_over:
                asked = _cancel(risk, public_key, watch, None, out)
                session_silent(risk, watch.participant_id, public_key, watch.after_ms, asked, out)


def end_orders_of_silent(risk: Risk, instrument: Instrument, out: Outbox) -> None:
    """Its book takes cancels again: what stayed of sessions that are gone is asked for."""
    for public_key, watch in sorted(risk.watches.items()):
        if watch.is_over:
            _cancel(risk, public_key, watch, instrument, out)


def _cancel(risk: Risk, public_key: bytes, watch: Watch, instrument: Instrument | None, out: Outbox) -> int:
    """`instrument`: only what stayed of it."""
    participant = risk.participants[watch.participant_id]
    orders = live_orders(risk, participant)
    if instrument is not None:
        orders = [order for order in orders if order.instrument is instrument and not order.cancel_sent]
        if not orders:
            return 0
    asked = ask_to_end(risk, orders, Reason.DISCONNECTED, out)
    out.send(participant.reports, Disconnected(participant.last_sequence, public_key, watch.after_ms, *asked))
    return asked.asked
