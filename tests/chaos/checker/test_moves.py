"""The judge follows participants to other risk shards, and finds what is lost or said twice on the way."""

import random
import shutil
from pathlib import Path

import msgpack  # type: ignore[import-untyped]  # it publishes no types
import pytest

from bulkhead.client.connection import Connection
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.topology import derived
from chaos.checker import messages
from tests.chaos.checker.editing import RecordedRun
from tests.chaos.checker.recording import end, traders_of
from tests.chaos.checker.test_checker import counts, without
from tests.support.operator import Operator
from tests.unit.client.conftest import exchange_on_files

ROUNDS = 24
REPORTS = "reports.carol/0"
NAMES = ("alice", "carol")
SLOTS = {name: derived.slot_of(name) for name in NAMES}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """carol goes to alice's risk shard, and back."""
    folder = tmp_path_factory.mktemp("moved")
    exchange, file = exchange_on_files(folder)
    connection, chance, operator = Connection.load(file), random.Random(3), Operator(exchange)
    traders = traders_of(exchange, connection, NAMES, chance, folder)
    owner = derived.slot_table(exchange.topology.shards.risk)[SLOTS["carol"]]
    for number in range(ROUNDS):
        for one in traders:
            one.send(chance.randint(1, 4))
        if number % 8 == 4:
            operator.decide(MoveSlots(SLOTS["carol"], SLOTS["carol"], owner, 1 - owner, "to and fro"))
            owner = 1 - owner
            for name in ("control/0", f"risk/{owner}", "control/0", f"risk/{1 - owner}"):
                exchange.shards[name].step(0.0)
            traders[1].send(2)  # they are refused, or read where nobody takes them any more
        exchange.settle()
        for one in traders:
            one.read()
    end(exchange, traders, folder)
    return folder


@pytest.fixture
def run(moved: Path, tmp_path: Path) -> RecordedRun:
    shutil.copytree(moved, tmp_path / "run")
    return RecordedRun(tmp_path / "run")


def kinds(run: RecordedRun, source: str) -> list[str]:
    return [type(messages.decode(event)).__name__ for event in run.events(REPORTS, source)]


def test_a_participant_that_moves_to_and_fro_has_one_story(run: RecordedRun) -> None:
    summary = run.check().summary()
    assert summary["problems"] == []
    assert counts(run.check()) == (0, 0, 0, 0)
    told = [*kinds(run, "risk/0"), *kinds(run, "risk/1")]
    assert told.count("MovedAway") == told.count("MovedHere") == 3
    assert told.count("OrderAccepted") > 20
    assert summary["trades"] > 5


@pytest.mark.parametrize("source", ["risk/0", "risk/1"])
def test_a_report_that_either_shard_did_not_make_is_found_lost(run: RecordedRun, source: str) -> None:
    run.retell(REPORTS, source, without(run.find(REPORTS, source, "OrderAccepted")))
    assert run.check().orders.lost > 0


def test_a_report_that_was_not_read_behind_a_move_is_found_lost(run: RecordedRun) -> None:
    def change(lines: list[str]) -> None:
        place = next(place for place, line in enumerate(lines) if "MovedHere" in line)
        del lines[place + 2]

    run.edit_lines(run.received("carol"), change)
    assert counts(run.check()) == (1, 0, 0, 0)


def test_a_command_that_no_partition_has_is_found_lost(run: RecordedRun) -> None:
    run.edit_lines(run.sent("carol"), lambda lines: lines.append(lines[-1].replace(":", ":9", 1)))
    assert run.check().orders.lost > 0


def test_what_a_shard_says_after_it_has_given_the_participant_away_is_found(
    run: RecordedRun,
) -> None:
    source = next(name for name in ("risk/0", "risk/1") if kinds(run, name)[-1] == "MovedAway")
    run.retell(REPORTS, source, lambda events: events.append(events[1]))
    assert run.check().reports.contradicted > 0


def test_a_shard_that_takes_a_participant_by_another_move_is_found(run: RecordedRun) -> None:
    def change(events: list[bytes]) -> None:
        place = next(p for p, e in enumerate(events) if type(messages.decode(e)).__name__ == "MovedHere")
        *fields, move_id = msgpack.unpackb(events[place])
        events[place] = msgpack.packb([*fields, move_id + 7])

    source = next(name for name in ("risk/0", "risk/1") if kinds(run, name)[0] == "MovedHere")
    run.retell(REPORTS, source, change)
    assert any("when it may not" in problem for problem in run.check().summary()["problems"])
