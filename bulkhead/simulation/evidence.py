"""What the log tells after a run, read by the rules of docs/wire.md, apart from those who wrote it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bulkhead.domain.keys import Permission
from bulkhead.domain.messages.disconnect import SetDisconnect
from bulkhead.domain.messages.kill_switch import KillOwn, ReleaseOwn
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import MassCancel
from bulkhead.domain.messages.moving import MovedAway, MovedHere
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.protection import ResetProtection, SetProtection
from bulkhead.domain.messages.quarantine import FrameResent
from bulkhead.domain.messages.quotes import MassQuote
from bulkhead.domain.reasons import Reason
from bulkhead.log.port import Log, Position, Record
from bulkhead.machines.factory import input_partition
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.decisions import Decided, decided
from bulkhead.runtime.identity import Identity
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.moved_sessions import MovedSessions
from bulkhead.topology.models import Topology
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.codec import Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Frame, Unreadable, advance_crc, read_frame, split_body

CONTROL = "control/0"
Streams = dict[tuple[str, str], list[bytes]]
"""every event of each (source, destination), repetitions removed"""


class GapLeft(Broken):
    """A stream in the log has a hole: whoever reads it stops there."""

    def __init__(self, source: str, destination: str, first: int, last: int) -> None:
        super().__init__(f"{source} -> {destination}: {first} follows {last}")
        self.destination = destination


class Retold(Broken):
    """A stream in the log says something else under a number that it has used: whoever reads it stops at the
    next, whose CRC-32 differs.
    """

    def __init__(self, source: str, destination: str, sequence: int) -> None:
        super().__init__(f"{source} -> {destination}: event {sequence} came again with other bytes")
        self.destination = destination


@dataclass(frozen=True)
class Evidence:
    """An exchange at rest. `machines`: what every shard knows, by name; `deposits`: smallest units by asset,
    all that ever came in; `keys`: whose each key is that a participant has had; `operators`: operators' keys.
    """

    topology: Topology
    identity: Identity
    log: Log
    machines: Mapping[str, ReferenceMachine]
    deposits: Mapping[str, int]
    keys: Mapping[bytes, str]
    operators: Collection[bytes]
    _records: dict[str, list[Record]] = field(default_factory=dict)
    _read: dict[tuple[str, bytes], Frame | None] = field(default_factory=dict)
    _taken: dict[str, "Taken"] = field(default_factory=dict)

    def records(self, partition: str) -> list[Record]:
        """Every frame of a partition, in its order. Many checks look at the same, which is at rest."""
        if partition not in self._records:
            self._records[partition] = records(self.log, partition)
        return self._records[partition]

    def read(self, partition: str, data: bytes) -> Frame | None:
        """The frame, if it is authentic there; None: a stranger's."""
        known = (partition, data)
        if known not in self._read:
            try:
                self._read[known] = verifier_of(self.identity, partition).check(data)
            except Unreadable:
                self._read[known] = None
        return self._read[known]

    def verified(self, partition: str) -> Iterator[tuple[Position, Frame | None]]:
        """As the function."""
        return ((position, self.read(partition, data)) for position, data in self.records(partition))

    def taken(self, shard: str) -> "Taken":
        """What a risk shard had to take; nobody changes it."""
        if shard not in self._taken:
            self._taken[shard] = _taken(self, shard)
        return self._taken[shard]

    def domain(self, shard: str) -> Any:
        return self.machines[shard].domain

    def shards(self, kind: str) -> list[str]:
        return [name for name in self.machines if name.startswith(f"{kind}/")]

    def risk_shards(self) -> list[str]:
        """Those that there are: added by now, and not ended."""
        control = self.domain("control/0").control
        return [name for name in self.shards("risk") if int(name[5:]) in control.risk_numbers()]

    def settlement_shards(self) -> list[str]:
        """As risk_shards."""
        there = (f"settlement/{number}" for number in self.domain("control/0").control.settlement_numbers())
        return [name for name in there if name in self.machines]


def records(log: Log, partition: str) -> list[Record]:
    """Every frame of a partition, in its order."""
    reader = log.reader(partition, "audit")
    found: list[Record] = []
    while some := reader.receive(1 << 20, 0.0):
        found += some
    return found


def verified(log: Log, identity: Identity, partition: str) -> Iterator[tuple[Position, Frame | None]]:
    """Every frame of a partition, in its order; None: it is a stranger's."""
    found = records(log, partition)
    problems = verifier_of(identity, partition).look([data for _, data in found])
    for (position, data), problem in zip(found, problems, strict=True):
        yield position, read_frame(data) if problem is None else None


def said(log: Log, identity: Identity, speakers: Iterable[str]) -> Streams:
    """What the shards said. A number that came again came with the same bytes, and none is missing. What an
    operator has given to a shard again counts where it is read.
    """
    known = set(speakers)
    repaired = {input_partition(name): decided(log, identity, name) for name in known if _decides(name)}
    streams: Streams = defaultdict(list)
    for topic, partitions in log.topics().items():
        for number in range(partitions):
            partition = f"{topic}/{number}"
            decisions = repaired.get(partition, Decided())
            for position, frame in verified(log, identity, partition):
                for lost in _resent(decisions, position):
                    events = split_body(lost.body, lost.events)
                    _take(streams[lost.source, partition], lost.source, partition, lost.first, events)
                if frame is not None and frame.source in known:
                    stream = streams[frame.source, partition]
                    _take(stream, frame.source, partition, frame.first, frame.events)
    return streams


def _decides(name: str) -> bool:
    return not name.startswith("view-")


def _resent(decisions: Decided, position: Position) -> list[FrameResent]:
    """What is read just before the frame there."""
    amendment = decisions.at(position)
    return [each for each in amendment.before if isinstance(each, FrameResent)] if amendment else []


def verifier_of(identity: Identity, partition: str) -> Verifier:
    return Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)


def _take(stream: list[bytes], source: str, destination: str, first: int, events: Sequence[bytes]) -> None:
    if first > len(stream) + 1:
        raise GapLeft(source, destination, first, len(stream))
    for sequence, event in enumerate(events, first):
        if sequence > len(stream):
            stream.append(event)
        elif stream[sequence - 1] != event:
            raise Retold(source, destination, sequence)


def messages(streams: Streams, destination: str, source: str | None = None) -> list[Any]:
    """Of every source that speaks to a partition, one source after another. Reports are read as their
    participant reads them: of one risk shard until it says that it has moved away.
    """
    if source is None and destination.startswith("reports."):
        return list(_followed(streams, destination))
    return [
        decode(event)
        for (speaker, partition), events in sorted(streams.items())
        if partition == destination and source in (None, speaker)
        for event in events
    ]


def _followed(streams: Streams, destination: str) -> Iterator[Any]:
    told = {
        speaker: list(map(decode, events))
        for (speaker, partition), events in sorted(streams.items())
        if partition == destination and events
    }
    read: Counter[str] = Counter()
    reads = next((speaker for speaker, said in told.items() if not isinstance(said[0], MovedHere)), None)
    while reads is not None and read[reads] < len(told.get(reads, ())):
        report = told[reads][read[reads]]
        read[reads] += 1
        yield report
        if isinstance(report, MovedAway):
            reads = f"risk/{report.risk_shard}"
    for speaker, said in told.items():
        must(
            read[speaker] == len(said),
            f"nobody reads what {speaker} says to {destination} from {read[speaker]}",
        )


class Taken(NamedTuple):
    """What a risk shard had to take from its participants, and what it had to put aside."""

    commands: dict[str, list[Any]]
    """by participant: each event that counts, decoded; its Reason where it can't be"""
    forbidden: Counter[str]
    """by participant: how many answers are owed to those that its keys may not give"""
    newest: dict[bytes, tuple[int, int]]
    """by key: the newest epoch that was opened, and the last sequence taken of it"""
    aside: list[bytes]
    """positions of frames that are dead letters"""


def _taken(evidence: Evidence, shard: str) -> Taken:
    """Read a risk shard's partition by the rules of sessions: epochs fence, numbers are dense, CRCs fit."""
    partition = input_partition(shard)
    found = Taken(defaultdict(list), Counter(), {}, [])
    crcs: dict[bytes, int] = {}
    registered: dict[bytes, int] = {}
    """permissions by key"""
    moved = MovedSessions(evidence.keys, registered, found.newest, crcs)
    for position, frame in evidence.verified(partition):
        if frame is None:
            found.aside.append(position)
            continue
        if frame.signer is None:
            moved.hear(frame)
            continue
        key, epoch = frame.signer
        if key not in registered:
            found.aside.append(position)
            continue
        newest, last = found.newest.get(key, (0, 0))
        opens = epoch > newest and frame.first == 1 and frame.crc == 0
        opens = opens and isinstance(_read(frame.events[0]), OpenSession)
        if opens:
            newest, last, crcs[key] = epoch, 0, 0
        if epoch != newest or frame.first > last + 1:
            continue
        known, fresh = frame.events[: last + 1 - frame.first], frame.events[last + 1 - frame.first :]
        if not fresh or advance_crc(frame.crc, known) != crcs[key]:
            continue
        crcs[key] = advance_crc(crcs[key], fresh)
        found.newest[key] = newest, last + len(fresh)
        commands = [_read(event) for event in fresh]
        for place, command in enumerate(commands):
            if isinstance(command, OpenSession) and not (opens and place == 0):
                commands[place] = Reason.TYPE_UNKNOWN  # it opens a stream, and stands nowhere else
        found.commands[evidence.keys[key]] += commands
        found.forbidden[evidence.keys[key]] += sum(
            _answers(command) for command in commands if not _may(registered[key], command)
        )
    return found


def _may(permissions: int, command: Any) -> bool:
    """A key that may do nothing else may read."""
    match command:
        case PlaceOrder() | ReplaceOrder() | PlacePair() | PlaceBracket() | MassQuote():
            return bool(permissions & Permission.TRADE)
        case SetProtection() | ResetProtection() | ReleaseOwn():
            return bool(permissions & Permission.TRADE)
        case CancelOrder() | MassCancel() | SetDisconnect() | KillOwn():
            return bool(permissions & (Permission.TRADE | Permission.CANCEL))
        case _:
            return True


def _answers(command: Any) -> int:
    """Each order of a pair and a bracket has its own."""
    return len(command.legs) if isinstance(command, PlacePair | PlaceBracket) else 1


def _read(event: bytes) -> Any:
    try:
        return decode(event)
    except Malformed:
        return Reason.MALFORMED
    except TypeUnknown:
        return Reason.TYPE_UNKNOWN
