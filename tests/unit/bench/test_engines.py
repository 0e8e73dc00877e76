"""The engines that `make bench-engine` measures do the same work, and who does other work is not compared."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.engines.child import ENGINES
from bench.engines.commands import (
    AUCTIONS,
    ICEBERGS,
    PLAIN,
    POST_ONLY,
    STOPS,
    Cancel,
    Command,
    Gather,
    Place,
    Script,
    Uncross,
    load,
)
from bench.engines.peers.exchange_core import PeerMissing
from bench.engines.prepared import Work
from bench.engines.subjects import PEERS, SUBJECTS, Files, Subject
from bench.engines.workloads import near, recorded, special
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from tests.support.native_book import needs_native_engine

BUY, SELL = Side.BUY, Side.SELL
BEFORE: list[Command] = [
    Place(1, SELL, 101, 10),
    Place(2, SELL, 100, 10),
    Place(3, SELL, 100, 3),
    Place(4, SELL, 100, 3),
    Place(5, BUY, 90, 7),
]
BY_PRICE_AND_TIME = Script(BEFORE, [Place(6, BUY, 101, 10), Place(7, BUY, 101, 8)])
"""The first meets all of order 2 and nothing else; the second 3 and 4, and 2 of order 1. By another order of
precedence it would be other numbers of trades.
"""
CANCELED = Script(BEFORE, [Cancel(2), Cancel(5), Place(6, BUY, 100, 10), Place(7, SELL, 90, 4)])
"""Order 6 meets 3 and 4, 4 lots of it stay, and 7 meets those."""
TAKING = Script(BEFORE, [Place(6, BUY, 100, 20, time_in_force=TimeInForce.IOC), Place(7, SELL, 100, 1)])
"""What order 6 leaves does not rest, so 7 meets nothing."""
PLAIN_CASES = [
    pytest.param(BY_PRICE_AND_TIME, Work(4, 18, 2, 15), id="by price and time"),
    pytest.param(CANCELED, Work(3, 10, 1, 10), id="canceled"),
    pytest.param(TAKING, Work(3, 16, 3, 18), id="immediate or cancel"),
]
SPECIAL_CASES = [
    # Slices of 2, 2 and 1 of order 6.
    pytest.param(
        Script([], [Place(6, SELL, 100, 5, display_lots=2), Place(7, BUY, 100, 6)]),
        Work(3, 5, 1, 1),
        id="an iceberg",
    ),
    # The trade at 90 triggers order 8, which sells what is left of 5.
    pytest.param(
        Script(
            BEFORE,
            [Place(8, SELL, 80, 4, OrderType.STOP, stop_price_ticks=95), Place(9, SELL, 90, 1)],
        ),
        Work(2, 5, 5, 28),
        id="a stop",
    ),
    # 20 lots trade at one price: orders 2, 3 and 4, and 4 lots of 1.
    pytest.param(
        Script(BEFORE, [Gather(), Place(6, BUY, 101, 20), Uncross()]), Work(4, 20, 2, 13), id="an auction"
    ),
    pytest.param(
        Script(BEFORE, [Place(6, BUY, 100, 20, post_only=True)]), Work(0, 0, 5, 33), id="a refused post-only"
    ),
]
OURS = [
    pytest.param("native_book", marks=needs_native_engine),
    pytest.param("native_machine", marks=needs_native_engine),
    "reference_book",
    "reference_machine",
]


PEER_CASES = [
    pytest.param(peer, *case.values, id=f"{peer.name}, {case.id}")
    for peer in PEERS
    for case in PLAIN_CASES
    if case.values[0].needs <= peer.knows  # type: ignore[union-attr]  # a Script
]


def worked(name: str, script: Script, frame: int) -> Work:
    prepared = ENGINES[name][0](script, frame)
    return prepared.work([call(*arguments) for call, arguments in prepared.steps])


@pytest.mark.parametrize("frame", [1, 2, 256])
@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(("script", "work"), PLAIN_CASES + SPECIAL_CASES)
def test_each_engine_of_ours_does_the_work_however_frames_are_cut(
    script: Script, work: Work, name: str, frame: int
) -> None:
    assert worked(name, script, frame) == work


@pytest.mark.peers
@pytest.mark.parametrize(("peer", "script", "work"), PEER_CASES)
def test_each_peer_does_the_work_of_what_it_knows(
    peer: Subject, script: Script, work: Work, tmp_path: Path
) -> None:
    files = Files(tmp_path / "commands", tmp_path / "longs", warm_ups=0)
    script.save(files.commands)
    script.save_longs(tmp_path / "longs")
    try:
        result = peer.run(files)
    except PeerMissing as why:
        pytest.skip(str(why))
    assert any(theirs is not None for theirs in result.work)
    assert result.work.differs_from(work) == []
    assert result.per_s["1"] > 0


def test_work_differs_in_what_both_say_and_only_there() -> None:
    ours = Work(3, 10, 1, 10)
    assert ours.differs_from(Work(3, 10, None, None)) == []
    assert ours.differs_from(Work(None, 11, 2, None)) == ["lots", "resting"]


def test_a_script_comes_out_of_its_file_as_it_was(tmp_path: Path) -> None:
    script = special(resting=50, commands=300, seed=1)
    script.save(tmp_path / "commands")
    assert load(tmp_path / "commands") == script


def test_the_file_of_integers_has_five_for_each_command(tmp_path: Path) -> None:
    TAKING.save_longs(tmp_path / "longs")
    data = (tmp_path / "longs").read_bytes()
    before, timed, *longs = struct.unpack(f"<{len(data) // 8}q", data)
    assert (before, timed, len(longs)) == (5, 2, 7 * 5)
    assert longs[:5] == [2, 1, 101, 10, 0]
    assert longs[25:] == [1, 6, 100, 20, 1, 2, 7, 100, 1, 0]
    CANCELED.save_longs(tmp_path / "longs")
    assert struct.unpack("<5q", (tmp_path / "longs").read_bytes()[8 * 27 : 8 * 32]) == (3, 2, 0, 0, 0)


@pytest.mark.parametrize("make", [near, special])
def test_the_same_seed_gives_the_same_commands_and_another_seed_others(
    make: Callable[[int, int, int], Script],
) -> None:
    flows = [make(50, 300, seed) for seed in (1, 1, 2)]
    assert flows[0] == flows[1]
    assert flows[0] != flows[2]
    assert (len(flows[0].before), len(flows[0].timed)) == (50, 300)


def test_the_special_flow_has_icebergs_that_trade_stops_that_trigger_and_auctions() -> None:
    script = special(resting=2_000, commands=5_000, seed=1)
    assert script.needs == {ICEBERGS, STOPS, AUCTIONS}
    assert script.timed.count(Gather()) == script.timed.count(Uncross()) == 3
    without = Script(
        script.before,
        [
            command
            for command in script.timed
            if not (isinstance(command, Place) and command.stop_price_ticks)
        ],
    )
    kept = {command.order_id for command in (*without.before, *without.timed) if isinstance(command, Place)}
    reachable = [
        command for command in without.timed if not isinstance(command, Cancel) or command.order_id in kept
    ]
    with_stops = worked("reference_book", script, 1)
    assert with_stops != worked("reference_book", Script(script.before, reachable), 1)
    assert with_stops == worked("reference_machine", script, 256)


def test_the_recorded_flow_is_its_opening_book_and_what_came_then_and_half_of_that_is_refused() -> None:
    whole, known = recorded(2_000)
    assert (len(whole.before), len(whole.timed)) == (6_510, 2_000)
    assert POST_ONLY in whole.needs
    assert known.needs <= PLAIN
    assert 0 < len(known.timed) < len(whole.timed)
    assert worked("reference_book", whole, 1) == worked("reference_book", known, 1)


def test_whoever_is_measured_is_named_once() -> None:
    names = [subject.name for subject in SUBJECTS]
    assert len(set(names)) == len(names)
