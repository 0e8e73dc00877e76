"""Frames of a test's own making, and what of a machine they changed."""

from typing import Any

import msgspec

from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.log.port import Record
from bulkhead.machines.interface import Machine, Output
from bulkhead.runtime.decisions import Decided
from bulkhead.runtime.derivation import derive
from bulkhead.runtime.identity import Identity
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import MacSealer, Sealer, SignatureSealer, Verifier
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import advance_crc, authenticated_bytes, join_events, signer_source, split_body
from tests.support.exchange import MemoryExchange


class Stream:
    """The sending end of a stream that can be sent wrongly, too."""

    def __init__(self, identity: Identity, source: str, destination: str, sealer: Sealer) -> None:
        self.identity = identity
        self.source = source
        self.destination = destination
        self.sealer = sealer
        self.events: list[bytes] = []

    def frame(self, first: int, events: list[bytes], crc: int | None = None, **other: Any) -> bytes:
        """A frame of these events at this number; `crc` and other header fields are right unless given."""
        values = {
            "exchange_id": self.identity.exchange_id,
            "genesis_id": self.identity.genesis_id,
            "source": self.source,
            "destination": self.destination,
            **other,
        }
        right = advance_crc(0, self.events[: first - 1])
        return self.sealer.seal(
            authenticated_bytes(
                **values,
                first=first,
                crc=right if crc is None else crc,
                sent_at_us=0,
                count=len(events),
                body=join_events(events),
            )
        )

    def next(self, *events: bytes) -> bytes:
        """The frame that goes on with the stream."""
        frame = self.frame(len(self.events) + 1, list(events))
        self.events += events
        return frame


def internal(exchange: MemoryExchange, source: str, destination: str) -> Stream:
    return Stream(exchange.identity, source, destination, MacSealer(exchange.identity.mac_key))


def signed(exchange: MemoryExchange, name: str, destination: str, epoch: int = 1) -> Stream:
    key = key_of(name)
    source = signer_source(public_bytes(key), epoch)
    return Stream(exchange.identity, source, destination, SignatureSealer(key))


def give(exchange: MemoryExchange, name: str, frame: bytes, position: bytes = b"p") -> list[Any]:
    """Verify and apply a frame as the loop does, at the machine of a shard; what it says, decoded."""
    shard, identity = exchange.shards[name], exchange.identity
    verifier = Verifier(identity.exchange_id, identity.genesis_id, shard.partition, identity.mac_key)
    ((_, outputs),) = derive(shard.machine, verifier, [Record(position, frame)], Decided())
    return said(outputs)


def said(outputs: list[Output]) -> list[Any]:
    return [decode(event) for output in outputs for event in split_body(output.body, output.events)]


def state(machine: Machine) -> Any:
    """The whole state but for what it has said to the outside."""
    found = msgspec.msgpack.decode(machine.snapshot())
    del found["outputs"]
    return found


def dead_letter(messages: list[Any]) -> DeadLetter:
    """The one message, which is a dead letter."""
    (message,) = messages
    assert isinstance(message, DeadLetter)
    return message


def skip(exchange: MemoryExchange, name: str, frame: bytes, *sequences: int) -> list[Any]:
    """Have a shard's machine skip events of a frame, whose others it applies; what it says, decoded."""
    return said(exchange.shards[name].machine.apply_frame(b"p", frame, sequences))
