"""The judge follows accounts to other settlement shards, also where their trades are undone afterwards."""

import random
import shutil
from pathlib import Path

import pytest

from bulkhead.client.connection import Connection
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from bulkhead.domain.messages.settlement_shards import MoveSettlementSlots
from bulkhead.topology import derived
from chaos.checker import messages
from tests.chaos.checker.editing import RecordedRun
from tests.chaos.checker.recording import end, traders_of
from tests.chaos.checker.test_checker import counts, twice, without
from tests.support.operator import Operator
from tests.unit.client.conftest import exchange_on_files

ROUNDS = 32
NAMES = ("alice", "carol")
SLOT = derived.slot_of("carol")


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """carol's accounts go to the other settlement shard and back, and trades from before are undone."""
    folder = tmp_path_factory.mktemp("moved")
    exchange, file = exchange_on_files(folder)
    connection, chance, operator = Connection.load(file), random.Random(3), Operator(exchange)
    traders = traders_of(exchange, connection, NAMES, chance, folder)
    owner = derived.slot_table(exchange.topology.shards.settlement)[SLOT]
    made: list[tuple[str, int, int]] = []
    for number in range(ROUNDS):
        for one in traders:
            one.send(chance.randint(1, 4))
            exchange.settle()
            one.read()
            if one.newest_trade and one.newest_trade not in made:
                made.append(one.newest_trade)
        if number % 8 == 4:
            operator.decide(MoveSettlementSlots(SLOT, SLOT, owner, 1 - owner, "to and fro"))
            owner = 1 - owner
        elif number % 8 in (5, 7) and made:
            instrument_id, trade_id, price_ticks = made.pop(0)
            operator.decide(
                BustTrade(instrument_id, trade_id, "a slip")
                if number % 8 == 5
                else CorrectTrade(instrument_id, trade_id, price_ticks - 1, "a slip")
            )
        exchange.settle()
    end(exchange, traders, folder)
    return folder


@pytest.fixture
def run(moved: Path, tmp_path: Path) -> RecordedRun:
    shutil.copytree(moved, tmp_path / "run")
    return RecordedRun(tmp_path / "run")


def test_legs_of_one_trade_in_two_settlement_shards_are_judged_together(run: RecordedRun) -> None:
    assert away(run), "no trade was undone in another shard than it had settled in"
    found = run.check()
    assert counts(found) == (0, 0, 0, 0)
    assert found.summary()["reversals"] > 3


def test_what_undoes_a_trade_there_and_is_missing_is_found_lost(run: RecordedRun) -> None:
    stream, place = away(run)[0]
    run.retell(*stream, without(place))
    assert run.check().ledger.lost == 1


def test_what_undoes_a_trade_there_and_comes_twice_is_found_doubled(run: RecordedRun) -> None:
    stream, place = away(run)[0]
    run.retell(*stream, twice(place))
    assert run.check().ledger.doubled == 1


def away(run: RecordedRun) -> list[tuple[tuple[str, str], int]]:
    """Streams to settlement shards, and places of legs of trades that settled in another one before."""
    found = []
    streams = [(f"settlement/{number}", "book/0") for number in (0, 1)]
    legs = {
        stream: [
            (place, (leg.trade_id, leg.account_id))
            for place, leg in enumerate(map(messages.decode, run.events(*stream)))
            if type(leg).__name__ == "SettleLeg" and leg.account_id.startswith("carol")
        ]
        for stream in streams
    }
    for stream, other in (streams, reversed(streams)):
        elsewhere = {whose for _, whose in legs[other]}
        found += [(stream, place) for place, whose in legs[stream] if whose in elsewhere]
    return found
