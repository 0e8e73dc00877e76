"""`bulkhead topology plan` on a cluster: what the operator would do; nothing of it is done."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support.kubernetes import IMAGE, Namespace, Operator, exchange

BULKHEAD = Path(sys.executable).with_name("bulkhead")


def plan(namespace: Namespace, file: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, the plan, and what was told beside it."""
    where = ("--topology", str(file), "--namespace", namespace.name, "--json")
    done = subprocess.run(
        [BULKHEAD, "topology", "plan", *where, *more],
        env=os.environ | {"KUBECONFIG": str(namespace.plane.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "topology.yaml"
    file.write_text(yaml.safe_dump(exchange("dev", changes)["spec"]["topology"]))
    return file


def test_an_exchange_that_is_not_there_yet_is_planned_whole_and_nothing_is_made(
    namespace: Namespace, tmp_path: Path
) -> None:
    file = written(tmp_path)
    status, _, told = plan(namespace, file)
    assert (status, "say with --image" in told) == (1, True)

    status, planned, told = plan(namespace, file, "--image", IMAGE)
    assert status == 2, told
    assert {step["action"] for step in planned["steps"]} == {"create"}
    assert planned["steps"][-1]["kind"] == "raycluster"
    assert f"there is no Exchange {namespace.name}/dev yet" in told
    assert namespace.all("exchange") == namespace.all("raycluster") == []


def test_what_the_operator_has_made_needs_nothing_and_a_change_is_shown(
    operator: Operator, namespace: Namespace, tmp_path: Path
) -> None:
    namespace.apply(exchange("dev"))
    namespace.until_state("dev", "Ready")
    assert plan(namespace, written(tmp_path))[0] == 0

    status, planned, told = plan(namespace, written(tmp_path, clock={"tick_ms": 250}))
    assert status == 2, told
    steps = {step["kind"]: step["action"] for step in planned["steps"]}
    assert steps == {"configmap": "change", "raycluster": "change"}

    status, planned, _ = plan(namespace, written(tmp_path, shards={"risk": {"count": 3}}))
    assert status == 1
    assert any(each["subject"] == "shards.risk.count" for each in planned["refused"])
