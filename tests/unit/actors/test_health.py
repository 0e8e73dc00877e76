"""What an exchange tells of its health: by what the supervisor says of processes, over HTTP."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from actors.health import Health, served
from actors.metrics import exposition
from actors.trading import Trading


def process(shard: str, **changes: Any) -> dict[str, Any]:
    found = {
        "shard": shard,
        "replica_of": shard,
        "pid": 7,
        "state": "running",
        "role": "",
        "lag": 0,
        "events": 1,
        "last_error": "",
    }
    return found | changes


def status(*processes: dict[str, Any], halted: str | None = None) -> dict[str, Any]:
    return {"shards": list(processes), "boundaries": {"btc": {"halted": halted, "restarts": 0}}}


def test_a_shard_trades_once_it_has_caught_up_whatever_waits_later() -> None:
    trading = Trading()
    assert trading.missing(status(process("book/0", lag=90))) == {"book/0": "catching up, 90 frames behind"}
    assert trading.missing(status(process("book/0"))) == {}
    assert trading.missing(status(process("book/0", lag=9_000))) == {}
    # Another process of it has to catch up itself.
    assert "book/0" in trading.missing(status(process("book/0", pid=8, lag=9_000)))


def test_a_process_that_does_not_run_is_told_with_why() -> None:
    dead = process("book/0", state="halted", last_error="a gap")
    assert Trading().missing(status(dead, halted="book/0: a gap")) == {
        "boundary btc": "book/0: a gap",
        "book/0": "halted: a gap",
    }
    assert Trading().missing(status(process("risk/0", state="starting", pid=0))) == {"risk/0": "starting"}


def test_of_two_replicas_the_one_that_leads_is_enough() -> None:
    leads = process("risk/0", role="primary")
    follows = process("risk/0.b", replica_of="risk/0", role="standby", pid=8)
    starts = follows | {"state": "starting", "pid": 0}
    assert Trading().missing(status(leads, starts)) == {}
    assert Trading().missing(status(leads | {"state": "starting", "role": ""}, follows)) == {
        "risk/0": "starting"
    }


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_it_is_ready_while_nothing_is_missing_and_says_what_is() -> None:
    health = Health()
    with served(health, "127.0.0.1", 0) as port:
        assert asked(port, "/readyz") == (503, "exchange: starting\n")
        health.tell({"book/0": "starting", "risk/0": "silent"}, {"pid": 7})
        assert asked(port, "/readyz") == (503, "book/0: starting\nrisk/0: silent\n")
        assert json.loads(asked(port, "/status")[1])["missing"] == {"book/0": "starting", "risk/0": "silent"}
        health.tell({})
        assert asked(port, "/readyz?verbose") == (200, "every shard trades\n")
        assert json.loads(asked(port, "/status")[1]) == {"ready": True, "missing": {}, "pid": 7}
        assert "\nbulkhead_ready 1\n" in asked(port, "/metrics")[1]
        assert asked(port, "/")[0] == 404


def test_who_holds_it_is_healthy_while_it_goes_round(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health()
    with served(health, "127.0.0.1", 0) as port:
        assert asked(port, "/healthz")[0] == 200
        monkeypatch.setattr("actors.health.HANGS_AFTER_S", -1.0)
        assert asked(port, "/healthz")[0] == 503


def test_prometheus_is_told_of_every_process_and_how_old_that_is() -> None:
    book = process("book/0", boundary="btc", lag=3, pending=0, refused=0, duplicates=2, restarts=1, tick=9)
    lines = exposition({"risk/0": "starting"}, status(book, halted='a "gap"'), 1.5).splitlines()
    assert "bulkhead_ready 0" in lines
    assert "bulkhead_status_age_seconds 1.500" in lines
    assert 'bulkhead_running{boundary="btc",shard="book/0",process="book/0"} 1' in lines
    assert 'bulkhead_lag_frames{boundary="btc",shard="book/0",process="book/0"} 3' in lines
    assert 'bulkhead_halted{boundary="btc"} 1' in lines


def test_what_prometheus_is_told_is_well_formed() -> None:
    book = process('b"\\\n', boundary="btc", pending=0, refused=0, duplicates=2, restarts=1, tick=9)
    families = list(text_string_to_metric_families(exposition({}, status(book), 0.0)))
    labels = {
        sample.labels["shard"] for family in families for sample in family.samples if "shard" in sample.labels
    }
    assert labels == {'b"\\\n'}
    assert {family.type for family in families} == {"gauge", "counter"}
