"""What enters from outside: readings of a clock that may stall and jump, and an operator's decisions."""

from collections.abc import Sequence
from typing import Any

from bulkhead.domain.messages.control import ClockRead
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.errors import TemporaryError
from bulkhead.runtime.source import Source
from bulkhead.simulation.network import Connection, Network
from bulkhead.simulation.schedule import MS
from bulkhead.simulation.setting import IDENTITY, key_of, public_bytes
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source

EPOCH_MS = 1_800_000_000_000
"""what the wall clock shows when the simulation begins"""
TRY_AGAIN_US = 200 * MS


def _nothing() -> None:
    """A gateway reads no log: nobody wakes it."""


def push(network: Network, source: Source) -> None:
    """As often as it takes."""
    try:
        source.poll()
    except TemporaryError:
        network.schedule.after(TRY_AGAIN_US, lambda: push(network, source))


class Clock:
    def __init__(self, network: Network, tick_us: int) -> None:
        self._network = network
        self._tick_us = tick_us
        self._runs = 0
        self._stalled_until_us = 0
        self._ahead_ms = 0
        self.ended = False
        self.restart()
        network.schedule.after(tick_us, self._tick)

    def restart(self) -> None:
        """Another run of the gateway: another source."""
        self._runs += 1
        name = f"gateway/clock.{self._runs}"
        connection = Connection(self._network, name, _nothing)
        self._source = Source(connection, IDENTITY, name, "clock/0", MacSealer(IDENTITY.mac_key), name)

    def stall(self, for_us: int) -> None:
        self._stalled_until_us = self._network.schedule.now_us + for_us

    def jump(self, by_ms: int) -> None:
        """The wall clock is set, forward or back."""
        self._ahead_ms += by_ms

    @property
    def time_ms(self) -> int:
        """What the wall clock shows."""
        return EPOCH_MS + self._ahead_ms + self._network.schedule.now_us // 1000

    def read(self) -> None:
        self._source.send([encode(ClockRead(self.time_ms))], self._network.schedule.now_us)
        push(self._network, self._source)

    def _tick(self) -> None:
        if self.ended:
            return
        if self._network.schedule.now_us >= self._stalled_until_us:
            self.read()
        self._network.schedule.after(self._tick_us, self._tick)


class Operator:
    """Writes to control: what the genesis began, and decisions that it signs."""

    def __init__(self, network: Network) -> None:
        self._network = network
        connection = Connection(network, "operator", _nothing)
        self._source = Source(
            connection, IDENTITY, "genesis", "control/0", MacSealer(IDENTITY.mac_key), "genesis"
        )
        self._connection = connection
        self._key = key_of("operator")
        self.public_key = public_bytes(self._key)
        self._epoch = 0
        self.open()

    def open(self) -> None:
        """Decide in a new session from now on: what was decided in the one before may have been lost."""
        self._epoch += 1
        signer = signer_source(self.public_key, self._epoch)
        seal = SignatureSealer(self._key)
        self._decisions = Source(self._connection, IDENTITY, signer, "control/0", seal, "operator")
        self._opened = False

    def say(self, *messages: Any) -> None:
        self._write(self._source, messages)

    def decide(self, *messages: Any) -> None:
        """Sign them."""
        opening = () if self._opened else (OpenSession(),)
        self._opened = True
        self._write(self._decisions, (*opening, *messages))

    def _write(self, source: Source, messages: Sequence[Any]) -> None:
        source.send([encode(message) for message in messages], self._network.schedule.now_us)
        push(self._network, source)
