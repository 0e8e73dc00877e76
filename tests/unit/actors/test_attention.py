"""Whom the supervisor asks: all often while something changes, each seldom where all is calm."""

import subprocess
from collections.abc import Iterator

import pytest

from actors import attention
from actors.attention import CALM_AFTER_S, SELDOM_S, Attention


class Time:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def goes_by(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture(name="time")
def _time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(attention, "time", time)
    return time


@pytest.fixture(name="child")
def _child() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "600"]) as child:
        yield child
        child.kill()


def ask(asked: Attention, actor: str, said: str = "running", pid: int | None = None) -> None:
    asked.asks(actor)
    asked.hears(actor, said, pid)


def test_often_while_something_changes_and_seldom_where_all_is_calm(time: Time) -> None:
    asked = Attention()
    assert asked.is_due("book/0")
    ask(asked, "book/0")
    ask(asked, "risk/0")
    time.goes_by(CALM_AFTER_S / 2)
    assert asked.is_due("book/0")
    ask(asked, "book/0", "halted")  # so that risk/0 is asked too
    time.goes_by(CALM_AFTER_S * 0.9)
    assert [asked.is_due(actor) for actor in ("book/0", "risk/0")] == [True, True]
    ask(asked, "book/0", "halted")
    ask(asked, "risk/0")
    time.goes_by(CALM_AFTER_S * 0.2)
    assert [asked.is_due(actor) for actor in ("book/0", "risk/0")] == [False, False]
    time.goes_by(SELDOM_S)
    assert asked.is_due("book/0")


def test_the_end_of_a_process_is_seen_at_once_and_what_comes_in_its_place_is_another(
    time: Time, child: "subprocess.Popen[bytes]"
) -> None:
    asked = Attention()
    ask(asked, "book/0", pid=child.pid)
    time.goes_by(CALM_AFTER_S)
    ask(asked, "book/0", pid=child.pid)
    assert not asked.is_due("book/0")
    child.kill()
    child.wait()
    assert asked.is_due("book/0")
    asked.forget("book/0")
    time.goes_by(CALM_AFTER_S)
    assert asked.is_due("book/0")  # it was never asked
    ask(asked, "book/0", pid=child.pid)  # which has ended: a question will tell
    time.goes_by(CALM_AFTER_S)
    ask(asked, "book/0", pid=child.pid)
    assert not asked.is_due("book/0")


def test_of_a_process_elsewhere_only_a_question_tells(time: Time) -> None:
    asked = Attention()
    ask(asked, "book/0", pid=None)
    time.goes_by(CALM_AFTER_S)
    ask(asked, "book/0", pid=None)
    assert not asked.is_due("book/0")
    time.goes_by(SELDOM_S)
    assert asked.is_due("book/0")
