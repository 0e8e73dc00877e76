"""An exchange with gateways, as the command starts it: a flood waits in its sender's own topic, and a gateway
that is killed loses and doubles nothing.
"""

import json
import os
import signal
from collections.abc import Iterator
from functools import partial

import pytest

from actors.attach import call
from actors.audit import audit
from bulkhead.client import connect, follow_market
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled
from bulkhead.domain.reasons import Reason
from bulkhead.flow import bitstamp
from bulkhead.flow.driver import Driver, Progress
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import process_started
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.wire.frame import read_frame
from commands.replay import replay_shard
from tests.support.gateways import WITH_GATEWAYS
from tests.support.judging import answers_missing_and_doubled, digest, expected_digests, reports_of
from tests.support.running import RunningExchange, next_report, shards_by_name, trade, until
from tests.unit.flow.replaying import in_sequence

COMMANDS = 8000
"""Of the recording: two of its orders trade in these."""
KILLS = {"ingress/0": (500, 3000, 5500), "ingress/1": (1500, 4000, 6500)}
"""After so many answers each; the last fall among commands still."""
FLOOD = 1000
"""Frames: at least 10 s of refusals."""
DEADLINE_S = 180.0


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("ingress"), WITH_GATEWAYS) as running:
        yield running


def frames_of(exchange: RunningExchange, partition: str) -> list[bytes]:
    log = open_log(exchange.installation.log_address)
    try:
        reader, found = log.reader(partition, "test"), []
        while records := reader.receive(1 << 20, 0.0):
            found += [record.frame for record in records]
    finally:
        log.close()
    return found


def signed(frames: list[bytes], key: str) -> list[bytes]:
    """Those of one key, without repetitions."""
    return list(dict.fromkeys(frame for frame in frames if read_frame(frame).source.startswith(key)))


def letters(exchange: RunningExchange) -> list[dict[str, str]]:
    done = exchange.command("dead-letters", "--json")
    assert done.status == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Killer:
    """Kills a gateway's process whenever enough commands have been answered; in the driver's own loop, which
    waits while that gateway is not up again after its blow before, so that every blow falls among commands.
    """

    def __init__(self) -> None:
        self.left = {shard: list(at) for shard, at in KILLS.items()}
        self.killed: dict[str, int] = dict.fromkeys(KILLS, 0)

    def look(self, progress: Progress) -> bool:
        for shard, at in self.left.items():
            if at and progress.answered >= at[0]:
                os.kill(until(f"{shard} runs", partial(self._living, shard), DEADLINE_S), signal.SIGKILL)
                at.pop(0)
                self.killed[shard] += 1
        return False

    @staticmethod
    def _living(shard: str) -> int | None:
        row = shards_by_name()[shard]
        alive = row["state"] == "running" and process_started(row["pid"]) is not None
        return int(row["pid"]) if alive else None


def test_what_is_forwarded_is_what_was_written_byte_for_byte(gated: RunningExchange) -> None:
    bought, _ = trade(gated, "BTC-USD", "0.5", "200.25")
    assert bought.leaves == 0
    connection = Connection.load(gated.connection)
    alice = connection.participant("alice")
    key = connection.private_key("alice").public_key().public_bytes_raw().hex()
    assert alice.ingress == "ingress.alice/0"
    written = signed(frames_of(gated, alice.ingress), key)
    assert len(written) >= 2
    assert signed(frames_of(gated, alice.orders), key) == written


def test_a_flood_under_one_name_ends_as_dead_letters_and_the_others_trade_before_it_has(
    gated: RunningExchange,
) -> None:
    before = len(letters(gated))
    log = open_log(gated.installation.log_address)
    writer = log.writer("ingress.flow0/0", "flood")
    # What takes long on a busy machine, but is no trade, is done before the flood or after it.
    with connect(gated.connection, "alice") as alice, connect(gated.connection, "bob") as bob:
        for number in range(1, FLOOD + 1):
            writer.send(number.to_bytes(2, "big") * 50, number)
        until("the log has the flood", lambda: writer.poll(1.0) == FLOOD)
        log.close()
        bob.place("bob.main", "BTC-USD", "sell", "0.1", "200")
        next_report(bob, OrderAccepted)
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "200")
        next_report(alice, OrderFilled)
        refused = sum(len(read_frame(frame).events) for frame in frames_of(gated, "dead_letters/0"))
    assert refused - before < FLOOD, "the trade's orders have waited for the flood"
    until("the whole flood is refused", lambda: len(letters(gated)) - before >= FLOOD, DEADLINE_S)
    found = letters(gated)[before:]
    assert len(found) == FLOOD
    assert {letter["reason"] for letter in found} == {Reason.FRAME_MALFORMED.name.lower()}
    assert {letter["partition"] for letter in found} == {"ingress.flow0/0"}
    rows = {row["shard"]: row for row in gated.status()["shards"]}
    assert rows["ingress/1"]["refused"] >= FLOOD
    assert rows["risk/1"]["refused"] == 0


def test_gateways_are_killed_under_load_and_nothing_is_lost_or_doubled(gated: RunningExchange) -> None:
    recording = bitstamp.load()
    commands = recording.commands[:COMMANDS]
    undisturbed = in_sequence(commands)
    names = recording.participants
    connection = Connection.load(gated.connection)
    killer = Killer()
    with gated.attached():
        clients = [connect(connection, name, window=2000) for name in names]
        try:
            driver = Driver("BTC-USD", commands, clients, 200)
            progress = driver.run(None, killer.look)
            until("every shard runs", lambda: {r["state"] for r in shards_by_name().values()} == {"running"})
            found = audit(gated.installation)
            driver.drain()
            resting = call("book/0", "orders", "BTC-USD")
        finally:
            for client in clients:
                client.close()
    assert killer.killed == {shard: len(at) for shard, at in KILLS.items()}
    assert progress.answered == progress.commands == COMMANDS
    assert found.problems == []
    for index, name in enumerate(names):
        told, _ = reports_of(gated.installation.log_address, f"reports.{name}/0")
        mine = [command for command in commands if command.participant == index]
        assert answers_missing_and_doubled(mine, told.values()) == ([], [])
    made = [[t.buy_order_id, t.sell_order_id, t.price_ticks, t.quantity_lots] for t in driver.trades()]
    book = [[driver.client_order_ids[order_id], side, price, lots] for order_id, side, price, lots in resting]
    assert (digest(made), digest(book)) == expected_digests(undisturbed)
    assert_gateways_replay_to_the_same(gated, found.positions, found.digests)
    assert_a_late_joiner_sees_the_book(connection, resting)


def assert_a_late_joiner_sees_the_book(connection: Connection, resting: list[list[int]]) -> None:
    """At a snapshot that a view has written, and from the beginning: `resting` is the book's word."""
    seen = []
    for from_beginning in (False, True):
        with follow_market(connection, "BTC-USD", from_beginning=from_beginning) as follower:
            assert (follower.began_at == 0) is from_beginning
            while follower.lag():
                follower.step(1.0)
            view = follower.view
            seen.append((view.session("BTC-USD"), view.counters("BTC-USD"), follower.events_applied))
            orders = follower.view.orders("BTC-USD", len(resting))
    assert seen[0] == seen[1]
    told = [[order_id, price, lots] for side in ("bids", "asks") for order_id, price, lots in orders[side]]
    assert told == [[order_id, price, lots] for order_id, _, price, lots in resting]


def assert_gateways_replay_to_the_same(
    exchange: RunningExchange, positions: dict[str, str], digests: dict[str, str]
) -> None:
    log = open_log(exchange.installation.log_address)
    try:
        for shard in KILLS:
            again = replay_shard(
                log,
                identity_of(exchange.installation),
                make_reference(shard),
                bytes.fromhex(positions[shard]),
            )
            assert again["digest"] == digests[shard], shard
    finally:
        log.close()
