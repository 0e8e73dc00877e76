"""The ground of an exchange on the embedded log: compared, changed, and left alone where it is another's."""

import json
from pathlib import Path
from typing import Any

import pytest

from bulkhead.installation.applied import applied, remember_applied
from bulkhead.installation.ground import Ground, Refused, found
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.topology.load import load
from bulkhead.topology.plan.steps import Plan
from bulkhead.topology.plan.told import ShardsTold, Told
from tests.support.running import edited_topology


def installed(folder: Path, changes: dict[str, Any] | None = None) -> Installation:
    file = folder / "topology.yaml"
    file.write_text(edited_topology(changes or {}))
    return Installation(load(file), file)


def planned(installation: Installation, *, prune: bool = False) -> Plan:
    with Ground(installation) as ground:
        return ground.plan(prune=prune)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = installed(tmp_path)
    found(installation)
    return installation


def test_looking_makes_nothing(tmp_path: Path) -> None:
    planned(installed(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["topology.yaml"]


def test_what_nobody_wants_is_left_until_it_is_pruned(installation: Installation) -> None:
    log = open_log(installation.log_address)
    log.create_topic("old", 2)
    log.close()
    assert (planned(installation).empty, planned(installation).left) == (True, ("topic old",))
    with Ground(installation) as ground:
        (step,) = ground.plan(prune=True).steps
        assert (step.action, step.kind, step.name) == ("delete", "topic", "old")
        ground.perform(step)
    assert planned(installation, prune=True) == Plan()
    log = open_log(installation.log_address)
    assert "old" not in log.topics()
    assert "orders" in log.topics()
    log.close()


def test_an_exchange_is_not_founded_again_on_another_log(installation: Installation) -> None:
    moved = installed(installation.file.parent, {"log": {"directory": "elsewhere"}})
    with pytest.raises(Refused, match="does not have what this exchange wrote when it was founded"):
        found(moved)
    assert not (installation.file.parent / "elsewhere").exists()


def test_a_log_is_not_founded_again_from_another_folder(installation: Installation, tmp_path: Path) -> None:
    log = str(installation.directory / "log")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(Refused, match="holds an exchange that was not founded in"):
        found(installed(elsewhere, {"log": {"directory": log}}))
    assert [path.name for path in elsewhere.iterdir()] == ["topology.yaml"]


def test_a_connection_that_says_something_else_is_written_again(installation: Installation) -> None:
    right = installation.connection_path.read_text()
    installation.connection_path.write_text(right.replace("alice", "malice"))
    (step,) = planned(installation).steps
    assert (step.action, step.kind) == ("change", "connection")
    found(installation)
    assert installation.connection_path.read_text() == right


def test_of_an_exchange_that_an_earlier_version_founded_it_is_said_that_nobody_knows(
    installation: Installation,
) -> None:
    path = installation.directory / "genesis.json"
    record = json.loads(path.read_text())
    del record["topology"]
    path.write_text(json.dumps(record))
    (warning,) = found(installation)
    assert "by a version that did not write it down" in warning


def test_what_was_applied_is_remembered_whatever_the_file_says_later(installation: Installation) -> None:
    assert applied(installation) is None
    remember_applied(installation)
    edited = installed(installation.file.parent, {"clock": {"tick_ms": 50}})
    before = applied(edited)
    assert before is not None
    assert before.topology == installation.topology
    assert before.directory == edited.directory


@pytest.mark.parametrize("kind", ["risk", "settlement"])
def test_a_shard_that_is_to_end_and_does_not_run_is_not_left_with_its_slots(
    tmp_path: Path, kind: str
) -> None:
    with Ground(installed(tmp_path, {"shards": {kind: {"count": 3, "retired": [2]}}})) as ground:
        there = ShardsTold(count=3)
        told = Told(risk=there) if kind == "risk" else Told(settlement=there)
        (held,) = ground._shards_refused(told, {})
        assert f"{kind}/2 is there, and does not run" in held.why
        assert held.subject == f"shards.{kind}.retired"
        assert list(ground._shards_refused(told, {("actor", f"{kind}/2"): {}})) == []
        there.retired.add(2)
        assert list(ground._shards_refused(told, {})) == []
