"""Changing the topology never changes a replay: machines are told everything by messages."""

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.launches import launches
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.control import Deposit, SetPhase
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.terms import Phase, Side
from bulkhead.installation.founding import identity_of
from bulkhead.installation.ground import Refused, found
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import Streams
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.topology.load import load, loads
from bulkhead.wire.frame import read_frame
from tests.property.topology_edits import Path as PlacePath
from tests.property.topology_edits import everything, pattern, places, valid_edit
from tests.support.exchange import SHIPPED, MemoryExchange

VALUES = everything(loads(SHIPPED.read_text()))
PULSAR = {
    "adapter": "pulsar",
    "service_url": "pulsar://127.0.0.1:665",
    "admin_url": "http://127.0.0.1:808",
    "tenant": "bulkhead",
}
ON_PULSAR = everything(loads(yaml.safe_dump({**VALUES, "log": PULSAR}, sort_keys=False)))
PATTERNS: dict[str, list[tuple[dict[str, Any], PlacePath]]] = defaultdict(list)
"""every kind of place: the topologies that have it, and where it is in them"""
for values in (VALUES, ON_PULSAR):
    for path in places(values):
        PATTERNS[pattern(path)].append((values, path))
ONE_CHOICE = {
    "boundaries.*.isolation",
    "boundaries.*.then",
    "shards.books.*.instruments",
    "shards.engine",
    "shards.views.*.accounts",
    "snapshots.adapter",
}
"""where everything but what is there is refused, for now or unless another field changes with it (a book has
one instrument, whose name is changed; accounts are served from Redis only)"""

NEVER = SnapshotPolicy(every_events=10**9, every_ticks=10**9)


@cache
def _exchange() -> MemoryExchange:
    """One that has traded, with a snapshot of every shard in the middle of its history."""
    exchange = MemoryExchange(policy=NEVER)
    alice, carol = exchange.trader("alice"), exchange.trader("carol")

    def limit(account: str, name: str, side: Side, price_ticks: int) -> PlaceOrder:
        return PlaceOrder(account, name, "BTC-USD", side, 1, 1, False, price_ticks, None, 10_000)

    for half in ("one", "two"):
        alice.send(*(limit("alice.main", f"{half}{ticks}", Side.BUY, ticks) for ticks in (99, 100, 101)))
        carol.send(limit("carol.main", half, Side.SELL, 100))
        exchange.settle()
        exchange.tick(1_000_000 if half == "one" else 2_000_000)
        alice.send(
            ReplaceOrder("alice.main", f"{half}99", 98, 20_000), CancelOrder("alice.main", f"{half}100")
        )
        exchange.control(
            Deposit("bob.main", "USD", 5),
            SetPhase("ETH-USD", Phase.HALTED if half == "one" else Phase.CLOSED),
        )
        exchange.settle()
        if half == "one":
            for shard in exchange.shards.values():
                shard.snapshot()
    return exchange


def _replayed(shard: Shard) -> tuple[bytes, Streams]:
    shard.restore()
    while records := shard.receive(0.0):
        shard.apply(records)
    return shard.machine.digest(), shard.machine.streams()


@pytest.mark.parametrize("where", sorted(PATTERNS))
def test_an_edit_of_the_topology_leaves_every_replay_as_it_was(where: str) -> None:
    topology = next(filter(None, (valid_edit(*place) for place in PATTERNS[where])), None)
    assert (topology is None) == (where in ONE_CHOICE)
    if topology is None:
        return
    exchange = _exchange()
    policy = SnapshotPolicy(topology.snapshots.every_events, topology.snapshots.every_ticks)
    names = {shard.name for shard in derived.shards(topology)} & set(exchange.names)
    assert len(names) >= len(exchange.names) - 2
    for name in sorted(names):
        machine = exchange.shards[name].machine
        for snapshots in (exchange.snapshots, open_snapshots("memory:none was taken")):
            shard = Shard(
                make_reference(name),
                input_partition(name),
                exchange.identity,
                exchange.log,
                snapshots,
                policy,
                lambda: 0,
            )
            assert _replayed(shard) == (machine.digest(), machine.streams())


EDITS = {
    "prices and fees": (
        'price_max: "1000000000"',
        'price_max: "900000000"',
        'taker: "0.0010"',
        'taker: "0.0020"',
    ),
    "decimals": ("USD: {decimals: 10}", "USD: {decimals: 12}"),
    "a participant": ("  bob:\n    keys: [bob]", "  bob:\n    keys: [bob, bob2]"),
    "an instrument": ("trading: halted ", "trading: continuous "),
    "snapshots and ticks": ("every_events: 100000", "every_events: 7", "tick_ms: 100", "tick_ms: 50"),
    "where slots are": (
        "    count: 2\n    commands",
        '    count: 2\n    slots: {1: ["0-511"], 0: ["512-1023"]}\n    commands',
    ),
}
REFUSED = ("decimals",)
"""`up` does not start an exchange with these: its balances would mean something else"""


@pytest.mark.parametrize("what", EDITS)
def test_an_installation_whose_file_was_edited_goes_on_with_what_its_machines_were_told(
    what: str, tmp_path: Path
) -> None:
    """The way of `up`: found, launch, restore from files, replay from the embedded log."""
    file = tmp_path / "topology.yaml"
    text = SHIPPED.read_text()
    file.write_text(text)
    assert found(Installation(load(file), file)) == []
    before = _after_genesis(Installation(load(file), file))
    written_to = _orders(Installation(load(file), file))
    pairs = EDITS[what]
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text)
    edited = Installation(load(file), file)
    if what in REFUSED:
        with pytest.raises(Refused, match="begin anew"):
            found(edited)
    else:
        warnings = found(edited)
        assert bool(warnings) == (what != "snapshots and ticks")
    assert _after_genesis(edited) == before
    assert _orders(edited) == written_to


def _orders(installation: Installation) -> dict[str, str]:
    """Where each participant is told to write: to who has its slot, whatever the file says."""
    participants = Connection.load(installation.connection_path).participants
    return {name: participant.orders for name, participant in participants.items()}


def _after_genesis(installation: Installation) -> dict[str, tuple[bytes, Streams]]:
    """Every shard's state when it has read all that there is; snapshots are kept on the way."""
    states = {}
    identity = identity_of(installation)
    for launch in launches(installation, identity.genesis_id):
        if launch.kind == "view":
            continue
        log = open_log(launch.log_address)
        shard = Shard(
            make_reference(launch.shard),
            input_partition(launch.shard),
            launch.identity(),
            log,
            open_snapshots(launch.snapshots_address),
            launch.policy(),
            lambda: 0,
        )
        shard.restore()
        while shard.lag():
            shard.step(0.0)
        assert shard.publisher.pending() == 0
        if shard.position is not None:
            shard.snapshot()
        states[launch.shard] = shard.machine.digest(), shard.machine.streams()
        log.close()
    return states


def test_the_founding_frames_are_those_of_the_first_time(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text(SHIPPED.read_text())
    installation = Installation(load(file), file)
    found(installation)
    file.write_text(SHIPPED.read_text().replace('taker: "0.0010"', 'taker: "0.0020"'))
    found(Installation(load(file), file))
    log = open_log(installation.log_address)
    records = log.reader("control/0", "test").receive(1 << 20, 0.0)
    assert read_frame(records[0].frame).first == 1
    assert len({read_frame(record.frame).first for record in records}) == len(records)
    log.close()
