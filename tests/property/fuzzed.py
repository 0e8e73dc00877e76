"""What the coverage-guided fuzzer judges (engine/fuzz): histories that are drawn from its bytes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hypothesis import given

from tests.property import test_engines
from tests.property.fuzzed_chance import FromBytes
from tests.property.machine_history import History
from tests.property.partition_history import PartitionHistory
from tests.property.risk_history import RiskHistory
from tests.property.settlement_history import SettlementHistory

Judge = Callable[[bytes], object]

_TELL_EVERY: Final = 1_000
"""commands"""


class _Counter:
    """Counts the commands of histories, and now and then says how many they are, in the file that
    FUZZ_COUNTED names: the fuzzer's process ends without notice.
    """

    def __init__(self) -> None:
        self._commands = self._said = 0
        self._told = Path(os.environ["FUZZ_COUNTED"]) if "FUZZ_COUNTED" in os.environ else None

    def count(self, commands: int) -> None:
        self._commands += commands
        if self._told is not None and self._commands >= self._said + _TELL_EVERY:
            self._told.write_text(str(self._commands))
            self._said = self._commands


def judge(name: str) -> Judge:
    """Of the histories called `name`; raises where the engines differ."""
    counter = _Counter()
    if name in MACHINES:
        return _of_machine(MACHINES[name], counter)
    return _of_hypothesis(*DRAWN[name], counter)


def _of_hypothesis(test: Callable[..., None], strategies: dict[str, Any], counter: _Counter) -> Judge:
    """Its bytes are what hypothesis draws from."""

    def judged(**drawn: Any) -> None:
        test(**drawn)
        counter.count(len(drawn["history"]))

    fuzz_one_input: Judge = given(**strategies)(judged).hypothesis.fuzz_one_input  # type: ignore[attr-defined]  # hypothesis adds it
    return fuzz_one_input


def _of_machine(begin: Callable[[], History], counter: _Counter) -> Judge:
    """Its bytes are drawn from directly: that makes more commands a second."""

    def judged(data: bytes) -> None:
        history, chance = begin(), FromBytes(data)
        while not chance.is_spent:
            history.act(chance)
        counter.count(history.events)

    return judged


DRAWN: Final[dict[str, tuple[Callable[..., None], dict[str, Any]]]] = {
    "book": (test_engines.judge_runner, test_engines.RUNNER),
    "prices": (test_engines.judge_stretched, test_engines.HISTORIES),
}
"""by name: what compares the engines on a history, and what hypothesis draws for it"""
MACHINES: Final[dict[str, Callable[[], History]]] = {
    "partition": PartitionHistory,
    "risk": RiskHistory,
    "settlement": SettlementHistory,
}
"""by name: the whole machine"""
HISTORIES: Final = (*DRAWN, *MACHINES)
