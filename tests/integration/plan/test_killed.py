"""An apply that is killed after every single step is finished by the next ones, and founds one exchange."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.change import Change
from bulkhead.errors import TemporaryError
from bulkhead.installation.founding import genesis_record, identity_of
from bulkhead.installation.ground import Ground
from bulkhead.installation.state import Installation
from bulkhead.installation.told import everything_told
from bulkhead.log.open import open_log
from bulkhead.topology.load import load
from bulkhead.topology.plan.objects import KINDS
from bulkhead.topology.plan.steps import Step
from tests.support.killed_apply import killed_after_every_step
from tests.support.pulsar import Broker
from tests.support.running import ROOT, edited_topology, run

SMALL = {
    "participants": dict.fromkeys(("carol", "flow0", "flow1", "flow2", "flow3")),
    "shards": {"risk": {"count": 1}, "settlement": {"count": 1}},
    "boundaries": {"accounts-1": None},
}
"""one risk and one settlement shard, two participants"""


@pytest.fixture(params=["sqlite", pytest.param("pulsar", marks=pytest.mark.pulsar)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    changes: dict[str, Any] = {"exchange": "killed", **SMALL}
    if request.param == "pulsar":
        broker: Broker = request.getfixturevalue("pulsar_broker")
        changes["log"] = broker.topology
    file = tmp_path / "topology.yaml"
    file.write_text(edited_topology(changes))
    yield Installation(load(file), file)
    assert run("down", "--erase", "--yes", "--topology", file, cwd=tmp_path).status == 0


def test_killed_after_every_step_it_comes_to_the_same_exchange_and_then_has_nothing_to_do(
    installation: Installation,
) -> None:
    with Change(installation) as change:
        planned = [f"{step.action} {step.kind} {step.name}" for step in change.plan().steps]
    done = killed_after_every_step(installation.file)
    assert done == planned
    assert {line.split()[1] for line in done} >= {"key", "topic", "genesis", "connection", "exchange"}
    with Change(installation) as change:
        assert change.plan().empty
    status = run("status", "--topology", installation.file, cwd=ROOT)
    assert status.status == 0, status.stdout
    assert told_once(installation)


def told_once(installation: Installation) -> bool:
    """The genesis is in control's partition, whole and once."""
    record = genesis_record(installation)
    assert record is not None
    log = open_log(installation.log_address)
    try:
        told = everything_told(log, identity_of(installation), "control/0")
        return sum(each.source == "genesis" for each in told) == len(record["events"])
    finally:
        log.close()


class Interrupted(Exception):
    """Stands for a death in the middle of a step."""


@pytest.mark.parametrize("kind", ["key", "topic", "genesis", "connection"])
def test_a_step_that_died_in_its_middle_is_done_again(
    kind: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that a step writes last is not written."""

    def dies(*_: object, **__: object) -> None:
        raise Interrupted

    places = {
        "key": "bulkhead.installation.keys.write_private",
        "topic": "bulkhead.log.sqlite.segments.create"
        if installation.topology.log.adapter == "sqlite"
        else "bulkhead.log.pulsar.admin.PulsarAdmin.set_deduplication",
        "genesis": "bulkhead.runtime.source.Source.flush",
        "connection": "bulkhead.installation.connection.write_private",
    }
    installation.directory.mkdir(parents=True)
    with Ground(installation) as ground:
        while (step := ground.plan().steps[0]).kind != kind:
            ground.perform(step)
        with monkeypatch.context() as patched:
            patched.setattr(places[kind], dies)
            with pytest.raises(Interrupted):
                ground.perform(step)
        again = ground.plan().steps[0]
        assert again.ref == step.ref
        ground.perform(again)
        rest = ground.plan().steps
        assert step.ref not in {each.ref for each in rest}
        for each in rest:
            ground.perform(each)
        assert ground.plan().empty
    assert told_once(installation)


def test_a_refused_plan_changes_nothing_at_all(installation: Installation) -> None:
    """Steps there would be, and a partition too many."""
    with Ground(installation) as ground:
        steps = ground.plan().steps
        topics = [step for step in steps if step.kind == "topic"]
        assert [KINDS.index(step.kind) for step in steps] == sorted(KINDS.index(step.kind) for step in steps)
        for step in steps[: steps.index(topics[0])]:
            if step.kind in ("tenant", "namespace"):
                ground.perform(step)
    log = open_log(installation.log_address)
    log.create_topic("orders", 3)
    log.close()
    done: list[Step] = []
    with Change(installation) as change:
        planned = change.plan()
        (held,) = planned.refused
        assert (held.subject, held.why) == ("topic orders", "has 3 partitions, and 1 are wanted")
        with pytest.raises(Exception, match="a partition is never taken back"):
            change.carry_out(planned, done.append)
    assert done == []
    assert not (installation.directory / "keys").exists()


def test_a_log_that_is_away_is_said_and_nothing_is_planned(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    nobody = {"adapter": "pulsar", "admin_url": "http://127.0.0.1:9", "directory": None, "durability": None}
    file.write_text(edited_topology({"log": nobody}))
    with (
        Ground(Installation(load(file), file)) as ground,
        pytest.raises(TemporaryError, match="is the broker up"),
    ):
        ground.plan()
    assert [path.name for path in tmp_path.iterdir()] == ["topology.yaml"]
