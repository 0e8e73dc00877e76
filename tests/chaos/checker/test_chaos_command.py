"""`bulkhead chaos` as a user runs it, and the parts of it that need no process."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bulkhead.topology.load import load
from chaos.exchange import RESTARTS, write_topology
from chaos.kinds import BOTH, BROKER, INGRESS, OFTEN, PAUSE, RARE, REDIS, STANDBY, in_order, kinds_of
from chaos.outages import Blow, by_kind, spread
from tests.support.running import SHIPPED, run

RUN_TIMEOUT_S = 600.0
"""A minute on two free cores, two with a broker; a machine that does other work takes many times that."""


def test_the_middle_the_99th_and_the_last_of_some_figures_are_nearest_ranks() -> None:
    assert spread([]) == {}
    assert spread([5.0]) == {"p50": 5.0, "p99": 5.0, "max": 5.0}
    assert spread([2.0, 1.0]) == {"p50": 1.0, "p99": 2.0, "max": 2.0}
    assert spread([float(n) for n in range(200, 0, -1)]) == {"p50": 100.0, "p99": 198.0, "max": 200.0}


def test_a_blow_that_was_never_answered_has_no_figure_among_its_kind() -> None:
    blows = [Blow("risk", "risk/0", 0.0, 100, "2 apply", 7.0), Blow("risk", "risk/1", 0.0, 100)]
    assert by_kind(blows, "unavailable_ms") == {"risk": {"p50": 7.0, "p99": 7.0, "max": 7.0}}


def test_the_exchange_that_is_broken_keeps_its_state_in_its_folder_and_may_die_often(tmp_path: Path) -> None:
    values = yaml.safe_load(SHIPPED.read_text())
    values["log"]["directory"] = str(tmp_path / "somebody's log")
    folder = tmp_path / "chaos"
    changes = {"log": {"adapter": "sqlite"}, "snapshots": {"adapter": "files"}}
    topology = load(write_topology(yaml.safe_dump(values), folder, changes))
    assert (topology.log.directory, topology.snapshots.directory) == (None, None)
    for boundary in topology.boundaries.values():
        assert (boundary.restarts.budget, boundary.restarts.within_s) == (1000, 3600)
    assert RESTARTS == {"budget": 1000, "within_s": 3600}


def test_a_folder_that_no_run_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    done = run("chaos", "--folder", tmp_path, "--topology", SHIPPED, cwd=Path("/"))
    assert done.status == 1
    assert "is not empty" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_folder_of_another_version_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text(SHIPPED.read_text().replace("budget: 20", "budget: 1000"))
    done = run("chaos", "--folder", tmp_path, "--topology", SHIPPED, cwd=Path("/"))
    assert done.status == 1
    assert "is of another version, whose topology this one refuses" in " ".join(done.stderr.split())
    assert file.exists()


@pytest.mark.parametrize(
    ("arguments", "there"), [((), "views, broker, ray, redis, "), (("--kills", "1"), "supervisor, views")]
)
def test_a_boundary_that_is_not_there_is_told_before_anything_is_done(
    tmp_path: Path, arguments: tuple[str, ...], there: str
) -> None:
    where = ("--folder", tmp_path / "chaos", "--topology", SHIPPED)
    done = run("chaos", "--boundary", "eht", *arguments, *where, cwd=Path("/"))
    assert done.status == 1
    told = " ".join(done.stderr.split())  # it is cut into lines
    assert "there is no boundary 'eht'" in told
    assert there in told
    assert not (tmp_path / "chaos").exists()


def test_the_first_round_has_every_kind_once_and_of_three_rounds_one_has_the_rare_ones() -> None:
    kinds = (*OFTEN, *RARE, BROKER)
    first = len(kinds)
    order = kinds_of([BROKER], False, [], everything=True)
    found = list(in_order(first + 2 * len(OFTEN) + first, order, random.Random(7)))
    assert sorted(found[:first]) == sorted(found[-first:]) == sorted(kinds)
    assert Counter(found[first:-first]) == dict.fromkeys(OFTEN, 2)
    assert len(list(in_order(4, order, random.Random(7)))) == 4


def test_with_replicas_the_standby_and_both_are_struck_too() -> None:
    assert kinds_of([], True, [], everything=True).often == (*OFTEN, STANDBY, BOTH)


def test_gateways_are_struck_where_there_are_some() -> None:
    assert kinds_of([], False, ["risk/0", "ingress/0"], everything=True).often == (*OFTEN, INGRESS)
    assert kinds_of([], False, ["ingress/0"], everything=False) == ((INGRESS,), ())


def test_in_one_boundary_only_its_shards_are_struck() -> None:
    assert kinds_of([BROKER], True, ["risk/0", "settlement/0"], everything=False) == (
        ("risk", "settlement", PAUSE, STANDBY, BOTH),
        (),
    )
    assert kinds_of([BROKER], False, ["view/0"], everything=False) == ((), ("view",))
    assert (
        list(in_order(3, kinds_of([], False, ["view/0"], everything=False), random.Random(7))) == ["view"] * 3
    )


@pytest.mark.chaos
def test_one_blow_of_every_kind_under_load_loses_doubles_and_misorders_nothing(tmp_path: Path) -> None:
    broken_once_each(tmp_path, "sqlite", "none", (*OFTEN, *RARE))


@pytest.mark.chaos
def test_one_blow_of_every_kind_with_active_replicas_loses_doubles_and_misorders_nothing(
    tmp_path: Path,
) -> None:
    broken_once_each(tmp_path, "sqlite", "active", (*OFTEN, *RARE, STANDBY, BOTH))


@pytest.mark.pulsar
def test_one_blow_of_every_kind_on_pulsar_with_standbys_loses_doubles_and_misorders_nothing(
    tmp_path: Path,
) -> None:
    broken_once_each(tmp_path, "pulsar", "standby", (*OFTEN, *RARE, STANDBY, BOTH, BROKER, REDIS))


def broken_once_each(tmp_path: Path, log: str, replicas: str, kinds: tuple[str, ...]) -> None:
    folder = tmp_path / "chaos"
    done = run(
        "chaos",
        "--log",
        log,
        "--replicas",
        replicas,
        "--kills",
        str(len(kinds)),
        "--json",
        "--folder",
        folder,
        "--topology",
        SHIPPED,
        cwd=Path("/"),
        timeout_s=RUN_TIMEOUT_S,
    )
    assert done.status == 0, done.stderr
    found = done.json
    assert found["by_kind"] == dict.fromkeys(kinds, 1)
    faults = [found[name] for name in ("lost", "doubled", "misordered", "contradicted")]
    assert (found["kills"], faults, found["problems"]) == (len(kinds), [0, 0, 0, 0], [])
    assert found["reversals"] > 0
    assert found["path"]["log"] == log
    assert found["unanswered_min"] >= 100
    assert found["unavailable_ms"].keys() == found["back_ms"].keys() == set(kinds)
    assert found["checker"]["subjects"]["orders"]["checked"] >= found["commands"] >= found["orders"] > 1000
    blows = [json.loads(line) for line in (folder / "blows.jsonl").read_text().splitlines()]
    assert [blow["unanswered"] >= 100 for blow in blows] == [True] * len(kinds)
    without_step = {blow["kind"] for blow in blows if blow["step"] is None}
    assert without_step == {"supervisor", STANDBY, BROKER, REDIS} & set(kinds)
