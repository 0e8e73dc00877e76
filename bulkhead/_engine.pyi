"""The native engine (the crate in engine/); absent where it was not built."""

from collections.abc import Mapping, Sequence
from typing import Self, final

__all__ = [
    "BookCore",
    "Frozen",
    "Machine",
    "MachineFailure",
    "MarketFacts",
    "PassingMachine",
    "__version__",
    "cut_body",
    "profile_guided",
    "recode_event",
    "seal_frames",
    "verify_frames",
    "version",
]

__version__: str

def version() -> str:
    """The version of the crate that this module was built from, equal to the package's."""

def profile_guided() -> bool:
    """Whether a profile of exchanges at work guided the compiler (engine/pgo/run)."""

def cut_body(body: bytes, count: int, crc: int) -> tuple[int, int]:
    """Where the first `count` events of a body end, and the stream's running CRC-32 there.

    Raises ValueError where it has fewer.
    """

def recode_event(event: bytes) -> bytes:
    """An event, decoded and encoded again: for tests of the codec.

    Raises ValueError where it is malformed, LookupError where no message has its number.
    """

def verify_frames(
    exchange_id: str, genesis_id: bytes, destination: str, mac_key: bytes, frames: Sequence[bytes]
) -> bytes:
    """A byte for each frame (wire/authentication.py): 0: it is what its source sent to this partition; 1: it
    would be for here, and its authentication is wrong; 2: it is not for here, or no frame in a form that this
    reads. The GIL is free meanwhile. Raises ValueError for a key of more than 64 bytes.
    """

def seal_frames(mac_key: bytes, frames: Sequence[Sequence[bytes]]) -> list[bytes]:
    """A frame of each one's pieces: its keyed BLAKE2b, then the pieces. The GIL is free meanwhile.

    Raises ValueError as verify_frames.
    """

class MachineFailure(Exception):
    """A frame that was not applied; its arguments say why (machines/native.py reads them)."""

@final
class Frozen:
    """The state of a machine at one moment. The GIL is free while it is written."""

    def snapshot(self) -> bytes: ...

_Output = tuple[str, int, int, int, bytes]

@final
class Machine:
    """The machine of one shard (machines/native.py). The GIL is free while it works."""

    def __new__(cls, shard: str, partition: str) -> Self:
        """In its first state. Raises ValueError where this engine has no machine for such a shard."""

    @property
    def events_applied(self) -> int: ...
    @property
    def duplicates_dropped(self) -> int: ...
    @property
    def tick(self) -> int: ...
    def apply_frame(
        self, position: bytes, frame: bytes, skips: list[int], instead: dict[int, bytes]
    ) -> list[_Output]:
        """Raises MachineFailure where the frame was not applied, or not to its end."""

    def refuse_frame(self, position: bytes, frame: bytes, reason: int) -> list[_Output]: ...
    def accept_loss(self, source: str, last: int, crc: int) -> int | None:
        """None, or how much more than `last` has been taken: then nothing is changed."""

    def skipped(self) -> list[tuple[bytes, int]]: ...
    def quarantined(self) -> list[tuple[str, list[bytes]]]: ...
    def snapshot(self) -> bytes: ...
    def freeze(self) -> Frozen:
        """What there is now, for another thread to write while this machine goes on."""

    def restore(self, snapshot: bytes) -> tuple[str, int] | None:
        """None, or the name and version of the machine that it is a snapshot of, which is not this: then
        nothing is changed. Raises ValueError for bytes that are no snapshot.
        """

    def digest(self) -> bytes: ...
    def inputs(self) -> list[tuple[str, int]]: ...
    def outputs(self) -> list[tuple[str, int, bytes]]: ...

@final
class PassingMachine:
    """A machine that only passes events on, for the benchmark (bench/passing.py): a Machine, as far as the
    loop asks.
    """

    def __new__(cls, shard: str, book: str, participants: Mapping[bytes, str], copies: Sequence[str]) -> Self:
        """`book`: its partition. `participants`: partitions of reports by public key."""

    @property
    def events_applied(self) -> int: ...
    @property
    def duplicates_dropped(self) -> int: ...
    @property
    def tick(self) -> int: ...
    def apply_frame(
        self, position: bytes, frame: bytes, skips: list[int], instead: dict[int, bytes]
    ) -> list[_Output]: ...
    def skipped(self) -> list[tuple[bytes, int]]: ...
    def quarantined(self) -> list[tuple[str, list[bytes]]]: ...
    def snapshot(self) -> bytes: ...
    def freeze(self) -> PassingMachine: ...
    def restore(self, snapshot: bytes) -> tuple[str, int] | None: ...
    def digest(self) -> bytes: ...
    def inputs(self) -> list[tuple[str, int]]: ...
    def outputs(self) -> list[tuple[str, int, bytes]]: ...

@final
class MarketFacts:
    """What a view's machine knows at the moment (views/native.py). What comes as bytes is MessagePack, in the
    form that it has in a snapshot. Raises KeyError for an instrument or an interval that there is none of.
    """

    def __new__(cls, machine: Machine) -> Self:
        """Raises TypeError where it is no view's machine."""

    def instruments(self) -> list[str]:
        """Sorted."""

    def orders_resting(self) -> int:
        """Of all instruments."""

    def session(self, instrument_id: str) -> bytes: ...
    def trades(self, instrument_id: str, count: int) -> bytes:
        """The last `count`, the newest last."""

    def candles(self, instrument_id: str, interval: str, count: int) -> bytes:
        """The last `count`, the newest last."""

    def levels(self, instrument_id: str, buys: bool, depth: int) -> list[tuple[int, int, int]]:
        """Price, lots, orders of the `depth` best levels of one side, the best first."""

    def orders(self, instrument_id: str, buys: bool, levels: int) -> list[tuple[int, int | None, int]]:
        """Order id, price, lots: market orders that wait, then those of the `levels` best levels."""

    def counters(self, instrument_id: str) -> tuple[int, int, int, int]:
        """Orders added, orders resting, trades, lots traded."""

    def retold(self) -> list[bytes]:
        """The events that make a new view equal to this one, but for its candles."""

@final
class BookCore:
    """The book of one instrument, for tests and benchmarks: commands in, outcomes out, both as bytes.

    What the bytes are: docs/engine.md. The GIL is free while it works.
    """

    def __new__(
        cls, pro_rata: tuple[bool, int] | None, least_display_lots: int, early_auction_orders: bool
    ) -> Self:
        """`pro_rata`: (top_order, minimum_lots); None: by price and time."""

    @staticmethod
    def from_state(state: bytes) -> BookCore:
        """The book that `state` described. Raises ValueError for bytes that describe none."""

    def apply(self, commands: bytes) -> bytes:
        """Carry out commands; for each an array of its outcomes. Raises ValueError for a malformed one, when
        those before it have been carried out.
        """

    def state(self) -> bytes:
        """The canonical plain state: `BookState` in MessagePack, keys sorted."""

    def order(self, order_id: int) -> bytes | None:
        """An order's row of the state, with its side before it: a live order, or one that the last command
        has ended.
        """

    def equilibrium(self) -> tuple[int, int] | None:
        """(price in ticks, quantity in lots) that an uncross would trade now; None if nothing, and outside a
        call phase.
        """
