"""Opening a session: the connection file, the key, the state, the log, and the exchange's answer."""

import contextlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bulkhead.client import state as state_file
from bulkhead.client.client import Client
from bulkhead.client.connection import Connection
from bulkhead.client.errors import ClientError, NoExchange, ReportsBroken
from bulkhead.client.guards import check_disconnect_s
from bulkhead.client.inbox import Inbox, Mark
from bulkhead.client.link import RETRY_S, Link
from bulkhead.client.look_back import newest_shard
from bulkhead.client.sending import Sending
from bulkhead.client.state import State
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity

WINDOW = 1000
"""What a participant gets where the topology says nothing else: beyond it risk refuses
(commands_in_flight_limit)."""
SAVE_EVERY_REPORTS = 10_000
"""A save syncs the disk, some milliseconds: at 20,000 reports a second that is about 1% of the time."""
ANSWER_TIMEOUT_S = 10.0
"""A shard that was killed is back in about 2 s."""


PATIENCE_S = 300.0
"""A broker that was killed and started again is back in 10 to 50 s."""


def wall_clock_us() -> int:
    return time.time_ns() // 1000


def connect(
    connection: Connection | str | Path,
    participant_id: str,
    *,
    key: str | None = None,
    state: str | Path | None = None,
    window: int = WINDOW,
    timeout_s: float = ANSWER_TIMEOUT_S,
    save_every_reports: int = SAVE_EVERY_REPORTS,
    cancel_on_disconnect_s: float = 0.0,
    log: Log | None = None,
    idle: Callable[[], None] | None = None,
    patience_s: float = PATIENCE_S,
    now_us: Callable[[], int] = wall_clock_us,
) -> Client:
    """Open a session of a participant's key and return when the exchange has answered.

    `connection` is connection.json or its folder. `key` names one of the participant's keys, the first if
    left out. With a `state` file reports go on where they were handled last; without one they begin now.
    `cancel_on_disconnect_s`: as Guards.cancel_on_disconnect says, from the beginning.
    `log` is one that the caller has open and keeps. `idle` is called wherever the client would wait, so
    that one thread can drive an exchange and its participants. A log that can't be read for a while, as a
    broker that is away, brings no reports, is told in the program's log, and ends a reading with
    TemporaryError after `patience_s`; then too a later reading goes on. Errors: NoExchange, ClientError,
    ReportsBroken; TemporaryError: the log is away. Nothing stays open.
    """
    if window < 1:
        raise ValueError(f"a window holds at least 1 command, not {window}")
    check_disconnect_s(cancel_on_disconnect_s)
    facts = connection if isinstance(connection, Connection) else Connection.load(connection)
    participant = facts.participant(participant_id)
    private_key = facts.private_key(participant_id, key)
    public_key = private_key.public_key().public_bytes_raw()
    path = None if state is None else Path(state)
    saved = None if path is None else _load(path, facts, participant_id)
    identity = Identity(facts.exchange_id, bytes.fromhex(facts.genesis_id))
    resources = contextlib.ExitStack()
    try:
        if log is None:
            log = open_log(facts.log_address(participant_id))
            resources.callback(log.close)
        inbox = _patiently(partial(_inbox, log, facts, participant_id, public_key, saved), timeout_s)
        sending = Sending(log, identity, participant.ingress, participant_id, private_key, now_us)
        link = Link(sending, inbox, identity, idle, now_us, patience_s)
        resources.callback(link.close)
        # Epochs are a key's: one saved for another key says nothing about this one.
        last_epoch = saved.epoch if saved is not None and saved.public_key == public_key.hex() else 0
        session = link.open(last_epoch, timeout_s)
        client = Client(
            facts,
            participant_id,
            public_key,
            link,
            session,
            window=window,
            state=path,
            save_every_reports=save_every_reports,
            orders={(account, order): name for account, order, name in saved.orders} if saved else {},
            release=resources.close,
        )
        if cancel_on_disconnect_s:
            client.guards.cancel_on_disconnect(cancel_on_disconnect_s)
        client.save()
    except BaseException:
        resources.close()
        raise
    return client


def _load(path: Path, facts: Connection, participant_id: str) -> State | None:
    saved = state_file.load(path)
    if saved is None:
        return None
    found = (saved.exchange_id, saved.genesis_id, saved.participant_id)
    if found != (facts.exchange_id, facts.genesis_id, participant_id):
        raise ClientError(
            f"the state file {path} is of participant {saved.participant_id!r} at exchange"
            f" {saved.exchange_id!r},"
            f" genesis {saved.genesis_id}; this is {participant_id!r} at {facts.exchange_id!r}, genesis"
            f" {facts.genesis_id}: name another file, or remove it if that exchange is gone for good"
        )
    return saved


def _patiently(make: Callable[[], Inbox], timeout_s: float) -> Inbox:
    """`make()`, again while the log is away; TemporaryError after `timeout_s` of that."""
    give_up_at = time.monotonic() + timeout_s
    while True:
        try:
            return make()
        except TemporaryError:
            if time.monotonic() >= give_up_at:
                raise
            time.sleep(RETRY_S)


def _inbox(log: Log, facts: Connection, participant_id: str, public_key: bytes, saved: State | None) -> Inbox:
    participant = facts.participant(participant_id)
    partition = participant.reports
    try:
        reader = log.reader(partition, f"{participant_id}/{public_key.hex()[:16]}")
    except FatalError as problem:
        raise NoExchange(
            f"exchange {facts.exchange_id!r} is not there: its log {facts.log} has no {partition}"
            f" ({problem});"
            f" start it with `bulkhead up`"
        ) from problem
    named = int(participant.orders.rpartition("/")[2])
    exchange = facts.exchange_id, bytes.fromhex(facts.genesis_id), partition
    try:
        if saved is None:
            begin = newest_shard(reader, *exchange, named)
        else:
            position = None if saved.position is None else bytes.fromhex(saved.position)
            shard = named if saved.risk_shard is None else saved.risk_shard
            begin = Mark(position, saved.last_sequence, saved.crc, shard, saved.move_id)
        return Inbox(reader, *exchange, begin, from_now=saved is None)
    except TemporaryError:
        reader.close()
        raise
    except FatalError as problem:
        reader.close()
        raise ReportsBroken(
            f"{partition}: this program's state is not of this log, or the log has lost its end: {problem}"
        ) from problem
