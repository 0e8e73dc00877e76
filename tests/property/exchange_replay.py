"""Replays what one partition of an exchange holds, on a new machine, in several ways."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from bulkhead.log.names import encode_offset
from bulkhead.log.port import Record
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import Machine, Streams
from bulkhead.runtime.decisions import Decided
from bulkhead.runtime.derivation import derive
from bulkhead.runtime.identity import Identity
from bulkhead.wire.authentication import MacSealer, Verifier
from bulkhead.wire.frame import (
    Unreadable,
    advance_crc,
    authenticated_bytes,
    join_events,
    read_frame,
    split_body,
)
from tests.support.exchange import MemoryExchange


class Replayed(NamedTuple):
    digest: str
    streams: Streams
    said: dict[str, list[bytes]]
    """every event by destination"""


def replay(
    name: str,
    identity: Identity,
    frames: list[bytes],
    renew_every: int = 0,
    cut: Callable[[bytes], Iterable[bytes]] = lambda frame: (frame,),
    make: Callable[[str], Machine] = make_reference,
) -> Replayed:
    """`renew_every`: after so many frames take a snapshot, and go on with a new machine restored from it.

    `cut` says what comes instead of a frame, at its position.
    """
    partition = input_partition(name)
    verifier = Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)
    machine = make(name)
    said: dict[str, list[bytes]] = defaultdict(list)
    for number, frame in enumerate(frames, 1):
        position = encode_offset(number, frame)  # as the memory log has it: a dead letter tells it
        for _, outputs in derive(
            machine, verifier, (Record(position, piece) for piece in cut(frame)), Decided()
        ):
            for output in outputs:
                assert output.first == len(said[output.destination]) + 1
                said[output.destination] += split_body(output.body, output.events)
        if renew_every and number % renew_every == 0:
            before = machine.snapshot()
            machine = make(name)
            machine.restore(before)
            assert machine.snapshot() == before, "a restored machine is another"
    return Replayed(machine.digest().hex(), machine.streams(), dict(said))


def cut_up(identity: Identity, frame: bytes) -> list[bytes]:
    """The events of an internal source one by one, each twice; any other frame as it is."""
    try:
        read = read_frame(frame)
    except Unreadable:
        return [frame]
    if read.signer is not None:
        return [frame]
    sealer, crc, pieces = MacSealer(identity.mac_key), read.crc, []
    for sequence, event in enumerate(read.events, read.first):
        authenticated = authenticated_bytes(
            read.exchange_id,
            read.genesis_id,
            read.source,
            read.destination,
            sequence,
            crc,
            read.sent_at_us,
            1,
            join_events((event,)),
        )
        pieces += [sealer.seal(authenticated)] * 2
        crc = advance_crc(crc, (event,))
    return pieces


def check_replays(exchange: MemoryExchange) -> None:
    """Every machine's history ends as it has, renewed from snapshots or cut otherwise, too."""
    for name, digest in exchange.digests().items():
        history = exchange.frames(input_partition(name))
        whole = replay(name, exchange.identity, history)
        assert whole.digest == digest
        assert replay(name, exchange.identity, history, renew_every=1) == whole
        assert replay(name, exchange.identity, history, cut=partial(cut_up, exchange.identity)) == whole
