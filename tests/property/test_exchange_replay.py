"""Any history, replayed in any way, gives the same bytes and the same digests."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.machines.factory import input_partition
from tests.property.exchange_flow import Flow, run
from tests.property.exchange_replay import Replayed, cut_up, replay

ROOT = Path(__file__).parents[2]
flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=100)


def _replayed(flow: Flow, renew_every: int) -> dict[str, Replayed]:
    exchange = flow.exchange
    return {
        name: replay(name, exchange.identity, exchange.frames(input_partition(name)), renew_every)
        for name in exchange.names
    }


@settings(max_examples=25)
@given(flows, st.sampled_from([0, 1, 7]))
def test_a_replay_says_what_was_said_and_ends_where_the_shards_are(
    seeds: list[int], renew_every: int
) -> None:
    flow = run(seeds, note)
    exchange = flow.exchange
    streams = exchange.said()
    for name, replayed in _replayed(flow, renew_every).items():
        machine = exchange.shards[name].machine
        assert replayed.digest == machine.digest().hex()
        assert replayed.streams == machine.streams()
        assert replayed.said == {to: events for (source, to), events in streams.items() if source == name}


@settings(max_examples=20)
@given(flows)
def test_neither_the_cutting_of_frames_nor_their_repetition_carries_a_meaning(seeds: list[int]) -> None:
    exchange = run(seeds, note).exchange
    for name in exchange.names:
        history = exchange.frames(input_partition(name))
        whole = replay(name, exchange.identity, history)
        assert replay(name, exchange.identity, history, 0, partial(cut_up, exchange.identity)) == whole


@settings(max_examples=25)
@given(flows)
def test_shards_that_begin_anew_without_snapshots_come_to_the_same_states(seeds: list[int]) -> None:
    flow = run(seeds, note)
    exchange = flow.exchange
    before = exchange.digests()
    exchange.forget_snapshots()
    for name in exchange.names:
        exchange.start(name)
    exchange.settle()  # everything is said again, and everybody has heard it
    assert exchange.digests() == before
    exchange.said()


def test_a_history_is_the_same_under_every_hash_seed() -> None:
    program = (
        "from tests.property.exchange_flow import fixed_seeds, run\n"
        "import hashlib\n"
        "exchange = run(fixed_seeds('hash seeds', 600)).exchange\n"
        "for name, digest in exchange.digests().items(): print(name, digest)\n"
        "for stream, events in sorted(exchange.said().items()):\n"
        "    print(stream, hashlib.sha256(b''.join(events)).hexdigest())\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert "('risk/0', 'books/0')" in outputs[0]
