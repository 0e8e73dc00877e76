"""What is failed is the whole of a boundary as it runs, or a server that can be started again; or nothing."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.topology.load import loads
from chaos.failures import Elsewhere, NotWhole, of_boundary, server_of
from chaos.positions import actors_of
from chaos.victims import Process
from tests.support.exchange import SHIPPED

ME = os.getpid()


def status(*rows: tuple[str, str, str, int]) -> dict[str, Any]:
    names = ("shard", "replica_of", "boundary", "pid")
    return {"pid": ME, "shards": [{**dict(zip(names, row, strict=True)), "node": ""} for row in rows]}


RUNNING = status(
    ("book/1", "book/1", "eth", ME), ("book/1.b", "book/1", "eth", ME), ("book/2", "book/2", "sol", 0)
)


def test_a_boundary_fails_with_both_replicas_and_nothing_else() -> None:
    failure = of_boundary(RUNNING, "eth", has_supervisor=False)
    assert [process.shard for process in failure.processes] == ["book/1", "book/1.b"]
    assert failure.victims == {"book/1"}


def test_what_runs_on_another_node_is_never_killed_by_its_pid() -> None:
    placed = status(("book/1", "book/1", "eth", ME), ("book/1.b", "book/1", "eth", ME))
    placed["shards"][1]["node"] = "west-1"
    here, there = of_boundary(placed, "eth", has_supervisor=False).processes
    assert (type(here), type(there), there.shard) == (Process, Elsewhere, "book/1.b")


def test_the_supervisor_has_no_row_and_fails_with_its_boundary() -> None:
    failure = of_boundary(RUNNING, "supervisor", has_supervisor=True)
    assert failure.victims == {"supervisor"}


def test_a_boundary_of_which_a_process_is_missing_is_not_failed() -> None:
    with pytest.raises(NotWhole, match="book/2 does not run now"):
        of_boundary(RUNNING, "sol", has_supervisor=False)


def test_a_boundary_that_the_running_exchange_does_not_know_is_not_failed() -> None:
    with pytest.raises(NotWhole, match="no boundary 'btc': the topology has changed since `up`"):
        of_boundary(RUNNING, "btc", has_supervisor=False)


def test_every_shard_is_asked_through_all_its_actors() -> None:
    assert actors_of(RUNNING) == {
        "supervisor": ("supervisor",),
        "book/1": ("book/1", "book/1.b"),
        "book/2": ("book/2",),
    }


def test_a_server_that_cannot_be_started_again_is_not_killed(tmp_path: Path) -> None:
    values = {**yaml.safe_load(SHIPPED.read_text()), "log": {"adapter": "pulsar"}}
    values["snapshots"] = {"adapter": "redis", "url": "redis://127.0.0.1:6390/0"}
    topology = loads(yaml.safe_dump(values))
    with pytest.raises(NotWhole, match=r"the broker at 127.0.0.1:6650 was not started by `bulkhead broker`"):
        server_of(topology, "broker", (tmp_path,))
    with pytest.raises(NotWhole, match=r"the redis at 127.0.0.1:6390"):
        server_of(topology, "redis", (tmp_path,))
