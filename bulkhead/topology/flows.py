"""Who hears whom: every flow from one kind of shard to another, and what its reader lacks without it.

`access` says which partitions a shard writes, `derived` which it reads; both together are the edges. Here is
what an edge means. Tests compare this table with both, and with what machines really send.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bulkhead.topology.access import destinations
from bulkhead.topology.derived import Shard, ShardKind, shards
from bulkhead.topology.models import Topology


@dataclass(frozen=True, slots=True)
class Flow:
    """From one kind of shard to another."""

    source: ShardKind
    reader: ShardKind
    carries: str
    missed: str = ""
    """what the reader can't do while the source is away; empty: nothing, it has only less to do"""


FLOWS = (
    Flow("control", "clock", "which shards there are"),
    Flow("control", "risk", "definitions, keys, limits, operators' decisions"),
    Flow("control", "book", "definitions, operators' decisions about trading"),
    Flow("control", "settlement", "definitions, deposits"),
    Flow("control", "ingress", "keys, rates, which lanes move"),
    Flow("control", "view", "what the mirrored risk shard is told"),
    Flow("clock", "control", "ticks", "decisions that wait for other operators do not lapse"),
    Flow("clock", "risk", "ticks", "nobody is disconnected for silence, rates are counted without time"),
    Flow("clock", "book", "ticks", "nothing expires, no timetable, no auction or interruption ends"),
    Flow("clock", "settlement", "ticks"),
    Flow("clock", "view", "what the mirrored risk shard is told"),
    Flow("ingress", "risk", "participants' frames", "its participants' commands wait in their topics"),
    Flow("ingress", "ingress", "lanes that move"),
    Flow("ingress", "control", "that lanes have moved"),
    Flow("ingress", "view", "what the mirrored risk shard is told"),
    Flow("book", "control", "that a version of the rules is in force"),
    Flow("settlement", "control", "that slots have moved, that a version of the rules is in force"),
    Flow("settlement", "settlement", "balances of slots that move; to a new shard, what instruments move"),
    Flow("risk", "book", "orders, cancels, replaces"),
    Flow("risk", "risk", "what is known of slots that move; to a new shard, definitions"),
    Flow("risk", "settlement", "which slots move"),
    Flow("risk", "control", "that slots have moved, that a version of the rules is in force"),
    Flow("risk", "view", "what the mirrored risk shard is told"),
    Flow("book", "risk", "answers, fills", "commands for what that book matches wait, reserved"),
    Flow("book", "settlement", "two legs of each trade, which slots have moved"),
    Flow("book", "view", "market data", "what it shows of that book stands still"),
    Flow("settlement", "risk", "deposits, corrections", "deposits and corrections of its accounts wait"),
    Flow("settlement", "view", "what the mirrored risk shard is told"),
)

BY_KINDS = {(flow.source, flow.reader): flow for flow in FLOWS}


class Edge(NamedTuple):
    """One shard writes a partition that another reads."""

    source: Shard
    partition: str
    reader: Shard

    @property
    def flow(self) -> Flow:
        return BY_KINDS[self.source.kind, self.reader.kind]


def edges(topology: Topology) -> Iterator[Edge]:
    """Every one, in the order of shards and of what they write. What a shard says to itself is left out."""
    all_shards = shards(topology)
    readers: defaultdict[str, list[Shard]] = defaultdict(list)
    for shard in all_shards:
        for partition in shard.reads:
            readers[partition].append(shard)
    for source in all_shards:
        for partition in destinations(topology, source):
            for reader in readers.get(partition, ()):
                if reader != source:
                    yield Edge(source, partition, reader)
