"""What the coverage-guided fuzzer judges (engine/fuzz): hypothesis draws a history from its bytes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hypothesis import given

from tests.property import test_engines

Judge = Callable[[bytes], object]

_TELL_EVERY: Final = 500


class _Counted:
    """A property test that counts the commands of the histories it is given, and now and then says how many
    they are, in the file that FUZZ_COUNTED names: the fuzzer's process ends without notice.
    """

    def __init__(self, test: Callable[..., None], history: str) -> None:
        self._test = test
        self._history = history
        self._commands = self._histories = 0
        self._told = Path(os.environ["FUZZ_COUNTED"]) if "FUZZ_COUNTED" in os.environ else None

    def __call__(self, **drawn: Any) -> None:
        self._test(**drawn)
        self._commands += len(drawn[self._history])
        self._histories += 1
        if self._told is not None and self._histories % _TELL_EVERY == 1:
            self._told.write_text(str(self._commands))


def judge(name: str) -> Judge:
    """Of the histories called `name`; raises where the engines differ."""
    test, strategies = HISTORIES[name]
    counted = _Counted(test, "history")

    def judged(**drawn: Any) -> None:
        counted(**drawn)

    fuzz_one_input: Judge = given(**strategies)(judged).hypothesis.fuzz_one_input  # type: ignore[attr-defined]  # hypothesis adds it
    return fuzz_one_input


HISTORIES: Final[dict[str, tuple[Callable[..., None], dict[str, Any]]]] = {
    "book": (test_engines.judge_runner, test_engines.RUNNER),
    "prices": (test_engines.judge_stretched, test_engines.HISTORIES),
}
"""by name: what compares the engines on a history, and what is drawn for it"""
