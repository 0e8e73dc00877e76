"""A small real run, recorded once: an exchange on the embedded log, and what its participants wrote down."""

import random
import shutil
from functools import partial
from pathlib import Path

import pytest

from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from chaos.recorder import Recorder
from chaos.trader import Market, Trader
from tests.chaos.checker.editing import RecordedRun
from tests.chaos.checker.recording import end
from tests.support.operator import Operator
from tests.unit.client.conftest import exchange_on_files

PARTICIPANTS = ("alice", "bob", "carol", "flow0")
ROUNDS = 60


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    exchange, file = exchange_on_files(folder)
    connection = Connection.load(file)
    evidence = folder / "evidence"
    chance = random.Random(7)

    def trader(name: str, epoch: int) -> Trader:
        client = connect(
            connection,
            name,
            log=exchange.log,
            idle=exchange.settle,
            now_us=partial(int, epoch),
            timeout_s=0.0,
        )
        markets = [Market.of(connection, "BTC-USD")]
        return Trader(client, markets, Recorder(evidence, client), chance, lambda *_: None)

    operator = Operator(exchange)
    traders = [trader(name, epoch) for epoch, name in enumerate(PARTICIPANTS, 1)]
    for number in range(ROUNDS):
        for one in traders:
            one.send(chance.randint(1, 4))
            exchange.settle()
            one.read()
        if number % 4 == 3 and (made := [one.newest_trade for one in traders if one.newest_trade]):
            instrument_id, trade_id, price_ticks = chance.choice(made)
            operator.decide(
                BustTrade(instrument_id, trade_id, "a slip")
                if number % 8 == 3
                else CorrectTrade(instrument_id, trade_id, price_ticks - 1, "a slip")
            )
        if chance.random() < 0.2:
            # From its last snapshot, or from nothing: what it had sent is in the log a second time.
            exchange.start(chance.choice(exchange.names))
        if number == ROUNDS // 2:
            # Its program ends and another takes over, under a new epoch.
            gone = traders.pop()
            gone.read()
            gone.close()
            gone.client.close()
            traders.append(trader(PARTICIPANTS[-1], 1000))
    end(exchange, traders, folder)
    return folder


@pytest.fixture
def run(recorded: Path, tmp_path: Path) -> RecordedRun:
    """A copy to spoil."""
    shutil.copytree(recorded, tmp_path / "run")
    return RecordedRun(tmp_path / "run")
