"""What a newer build is to replace, in which order, and what is not to be replaced before somebody looks."""

from pathlib import Path
from typing import Any

from actors.build import build_of, own_build
from actors.renewal import renewal


def row(name: str, role: str, build: str = "old", state: str = "running") -> dict[str, Any]:
    return {"shard": name, "role": role, "build": build, "state": state}


def status(*rows: dict[str, Any], build: str = "old") -> dict[str, Any]:
    return {"build": build, "shards": rows}


def test_the_supervisor_comes_first_then_all_that_follow_then_those_that_lead() -> None:
    planned = renewal(
        status(
            row("control/0", "primary"),
            row("control/0.b", "standby"),
            row("book/0", "standby"),
            row("book/0.b", "primary"),
            row("view/0", ""),
        )
    )
    names = [step.name for step in planned.steps]
    assert names == ["supervisor", "control/0.b", "book/0", "control/0", "book/0.b", "view/0"]
    assert {step.why for step in planned.steps} == {f"build: old -> {own_build()}"}
    interrupts = {step.name: step.interrupts for step in planned.steps}
    assert interrupts["book/0"] == ""
    assert "for a hand-over" in interrupts["book/0.b"]
    assert "for 2 to 4 s" in interrupts["view/0"]


def test_what_is_of_the_build_already_is_left_alone() -> None:
    new = own_build()
    rows = row("book/0", "primary"), row("book/0.b", "standby", new)
    assert [step.name for step in renewal(status(*rows, build=new)).steps] == ["book/0"]
    assert renewal(status(row("book/0", "", new), build=new)).empty


def test_one_that_halted_or_does_not_come_up_may_be_replaced_by_another_build_only() -> None:
    for state, refused in (("halted", False), ("down", False), ("silent", True), ("waiting", True)):
        planned = renewal(status(row("book/0", "primary"), row("book/0.b", "standby", "bad", state)))
        assert bool(planned.refused) == refused
    (held,) = renewal(status(row("book/0", "standby", own_build(), "halted"))).refused
    assert str(held) == "book/0: is halted: see to it first: `bulkhead status` says why"


def test_a_build_is_another_when_a_file_of_it_is(tmp_path: Path) -> None:
    for package in ("actors", "bulkhead"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "a.py").write_text("a = 1")
    first = build_of(tmp_path)
    assert build_of(tmp_path) == first
    (tmp_path / "bulkhead" / "_engine.abi3.so").write_bytes(b"native")
    second = build_of(tmp_path)
    (tmp_path / "bulkhead" / "a.py").write_text("a = 2")
    assert len({first, second, build_of(tmp_path)}) == 3
