"""The pure parts of the benchmark on Pulsar."""

import json
from collections import Counter

from bench.census import HOPS, Census, Hop
from bench.pulsar.measurement import Kind, Measured, Pace, Round
from bench.pulsar.results import as_json
from bench.pulsar.sizes import FULL, QUICK, Load, Size
from bench.pulsar.topology import generated, names
from bench.stages import Slice
from bulkhead.topology import derived
from bulkhead.topology.load import loads

URLS = ("pulsar://127.0.0.1:1", "http://127.0.0.1:2")


def a_slice(per_s: float, frames: int = 10) -> Slice:
    census = Census(dict.fromkeys(HOPS, Hop(frames, 1000, 5000)))
    return Slice(1000 / per_s, 0.002, 0.001, 1000, census)


def measured(rounds: list[Round]) -> Measured:
    found = Measured(Size((4,), (Load(1024, 1, 1),), slices=len(rounds), paced=1))
    kind = Kind(4, 1024)
    found.exchange[kind] = a_slice(500)
    found.rounds[kind] = rounds
    found.latencies_us[Pace(4, 1, 1000)] = {"exchange": [3000], "runtime": [2000], "relay": [1000]}
    return found


def test_a_generated_topology_is_valid_and_its_participants_share_the_risk_shards() -> None:
    for participants, apart_max in ((4, 0), (20, 8), (500, 40)):
        topology = loads(generated("bench", participants, *URLS))
        assert list(topology.participants) == names(participants)
        table = derived.slot_table(topology.shards.risk)
        shards = Counter(table[derived.slot_of(name)] for name in topology.participants)
        assert sum(shards.values()) == participants
        assert abs(shards[0] - shards[1]) <= apart_max


def test_every_participant_of_the_exchange_sends_a_frame_of_every_size_in_the_full_run() -> None:
    for participants in FULL.participants:
        for load in FULL.loads:
            assert FULL.exchange(load, participants) >= participants * load.frame_events


def test_half_the_maximum_is_that_of_a_frame_size_that_is_measured() -> None:
    for size in (FULL, QUICK):
        assert size.half_frame_events in [load.frame_events for load in size.loads]


def test_the_last_line_has_the_headline_figures_as_medians_of_the_rounds_that_count() -> None:
    same = [Round(a_slice(per_s), a_slice(1000), a_slice(800), 0) for per_s in (600, 700, 650)]
    differs = Round(a_slice(5000, frames=20), a_slice(1000), a_slice(800), 3)
    found = json.loads(json.dumps(as_json(measured([*same, differs]))))
    assert found["orders_per_s"] == 500
    assert found["runtime_orders_per_s"] == 650
    assert found["relay_orders_per_s"] == 1000
    assert found["verifying_relay_orders_per_s"] == 800
    assert found["runtime_to_relay"] == 0.65
    assert [found[f"{who}p50_ms"] for who in ("", "runtime_", "relay_")] == [3.0, 2.0, 1.0]
    assert found["p999_ms"] == 3.0
    load = found["loads"][0]
    assert (load["rounds"], load["rounds_counted"]) == (4, 3)
    assert (load["cpu_us"], load["broker_cpu_us"]) == (2.0, 1.0)
    assert load["relay_frames"]["risk -> books"] == {
        "frames": 30,
        "events_per_frame": 100.0,
        "bytes_per_frame": 500,
    }
