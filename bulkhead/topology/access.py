"""Who may do what with a secured log: a role for each shard and participant, and exactly what its streams
need.

A role is KIND.NAME@EXCHANGE.bulkhead, such as risk.1@dev.bulkhead or participant.alice@dev.bulkhead. None is
the beginning of another, which Pulsar's check of subscription names needs: no part before the @ has an @ in
it, and no exchange's name has a dot.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bulkhead.topology import derived
from bulkhead.topology.derived import Shard, slot_of, slot_table
from bulkhead.topology.models import Topology

DEAD_LETTERS = "dead_letters/0"
OWN_TOPICS = ("leases.", "quarantine.")
"""before a shard's name: the partition of its lease, and that of its decisions"""


@dataclass(frozen=True)
class Access:
    """All that a role may do, by partition."""

    role: str
    produces: tuple[str, ...]
    consumes: tuple[str, ...]
    subscriptions: tuple[tuple[str, str], ...] = ()
    """durable cursors: (partition, the name that the reader gives it)"""


def shard_role(exchange: str, shard: str) -> str:
    """The role of a shard, such as risk/1."""
    return _role(exchange, shard.replace("/", "."))


def participant_role(exchange: str, participant_id: str) -> str:
    return _role(exchange, f"participant.{participant_id}")


def _role(exchange: str, name: str) -> str:
    return f"{name}@{exchange}.bulkhead"


def accesses(
    topology: Topology, shut_out: Collection[str] = (), owners: Sequence[int] | None = None
) -> list[Access]:
    """Of every shard and participant. A participant in `shut_out` may do nothing. `owners`: by slot the risk
    shard that has it, where that is not yet, or no more, as the topology says.
    """
    exchange = topology.exchange
    found = []
    for shard in derived.shards(topology):
        if shard.kind != "supervisor":
            heard = _heard(topology, shard)
            cursors = tuple((partition, _reader(shard, partition)) for partition in heard)
            # Whoever sends says so in its lease, and looks there whether it still is the one.
            own = () if shard.kind == "view" else tuple(f"{topic}{shard.name}" for topic in OWN_TOPICS)
            said = destinations(topology, shard)
            produces = (*said, *own)
            # What it says it reads where replicas differ, or an event may have been passed by another.
            reads = tuple(dict.fromkeys((*heard, *own, *(said if own else _mirrored(shard)))))
            found.append(Access(shard_role(exchange, shard.name), produces, reads, cursors))
    risk = slot_table(topology.shards.risk) if owners is None else owners
    books = len(topology.shards.books)
    public = (*_partitions("market_data", books), *_partitions("market_snapshots", books))
    for participant_id in topology.participants:
        role = participant_role(exchange, participant_id)
        if participant_id in shut_out:
            found.append(Access(role, (), ()))
        else:
            writes = f"orders/{risk[slot_of(participant_id)]}"
            if topology.has_gateways:
                writes = f"{derived.ingress_topic(participant_id)}/0"
            found.append(Access(role, (writes,), (f"reports.{participant_id}/0", *public)))
    return found


def _heard(topology: Topology, shard: Shard) -> tuple[str, ...]:
    """What a shard may have to read, now or when slots have moved."""
    if shard.kind != "ingress":
        return shard.reads
    topics = (f"{name}/0" for names in derived.ingress_topics(topology) for name in names)
    return tuple(dict.fromkeys((*shard.reads, *topics)))


def _mirrored(view: Shard) -> tuple[str, ...]:
    """The decisions of the risk shards whose state it derives too."""
    risks = (partition for partition in view.reads if partition.startswith("orders/"))
    return tuple(partition.replace("orders/", "quarantine.risk/") for partition in risks)


def destinations(topology: Topology, shard: Shard) -> tuple[str, ...]:
    """The partitions that a shard's streams go to."""
    return (*_of_its_kind(topology, shard), DEAD_LETTERS)


def _of_its_kind(topology: Topology, shard: Shard) -> tuple[str, ...]:
    settings = topology.shards
    orders = _partitions("orders", settings.risk.count)
    books = _partitions("books", len(settings.books))
    settlement = _partitions("settlement", settings.settlement.count)
    if shard.kind == "control":
        ingress = _partitions("ingress", settings.risk.count) if topology.has_gateways else ()
        kinds = ("risk", "book", "settlement")  # those that can be repaired
        others = [f"quarantine.{each.name}" for each in derived.shards(topology) if each.kind in kinds]
        # What is written for who is retired does no harm, and changes nothing where one is.
        others += [f"quarantine.risk/{number}" for number in settings.risk.retired]
        others += [f"quarantine.settlement/{number}" for number in settings.settlement.retired]
        return ("clock/0", "decisions/0", *orders, *books, *settlement, *ingress, *others)
    if shard.kind == "clock":
        # clock/0 itself: its gateway, which reads the wall clock, is in the same process.
        return ("clock/0", "control/0", *orders, *books, *settlement)
    if shard.kind == "ingress":
        # The first two are the gateway's, which is in the same process: what it forwards, and what it tells.
        ingress = _partitions("ingress", settings.risk.count)
        lanes = (partition for partition in ingress if partition != shard.name)
        return (f"orders/{shard.index}", shard.name, *lanes, "control/0")
    if shard.kind == "settlement":
        # Slots move from any settlement shard to any other.
        return (*orders, *settlement, "control/0")
    if shard.kind == "book":
        return (*orders, *settlement, f"market_data/{shard.index}", "decisions/0", "control/0")
    if shard.kind == "risk":
        # Slots move from any risk shard to any other, and with them whoever hears from it.
        reports = tuple(f"reports.{name}/0" for name in topology.participants)
        told = (*settlement, *orders, "control/0", "decisions/0", f"risk_events/{shard.index}")
        return (*books, *reports, *told)
    if shard.kind == "view":
        feeds = (partition for partition in shard.reads if partition.startswith("market_data/"))
        return tuple(partition.replace("market_data/", "market_snapshots/") for partition in feeds)
    return ()


def _partitions(topic: str, count: int) -> tuple[str, ...]:
    return tuple(f"{topic}/{number}" for number in range(count))


def _reader(shard: Shard, partition: str) -> str:
    """The name under which a shard reads: its own, of a view that of the machine for the partition."""
    if shard.kind != "view":
        return shard.name
    topic, _, number = partition.rpartition("/")
    return f"risk/{number}" if topic == "orders" else f"view-{shard.index}/{number}"
