"""Random histories on every adapter against the simplest model of a partition: a list."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.integration.log.adapters import ADAPTERS, Adapter
from tests.integration.log.helpers import append

PRODUCERS = st.sampled_from(["risk/0", "risk/1"])
FRAMES = st.lists(st.binary(min_size=1, max_size=40) | st.binary(min_size=8000, max_size=8001), max_size=6)


class LogHistory(RuleBasedStateMachine):
    """Two writers, one reader that reads, seeks and is made anew, one log that is closed and opened again."""

    adapter = ADAPTERS["memory"]

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.appended: list[bytes] = []
        self.positions: list[bytes] = []
        self.at = 0
        self.open()
        self.log.create_topic("orders", 1)
        self.use()

    def open(self) -> None:
        self.log = self.adapter.open(self.place / "log")

    def use(self) -> None:
        self.writers = {name: self.log.writer("orders/0", name) for name in ("risk/0", "risk/1")}
        self.reader = self.log.reader("orders/0", "a")

    @rule(producer=PRODUCERS, frames=FRAMES)
    def append(self, producer: str, frames: list[bytes]) -> None:
        append(self.writers[producer], *frames)
        self.appended += frames

    @rule(bytes_max=st.integers(1, 20_000))
    def receive(self, bytes_max: int) -> None:
        records = self.reader.receive(bytes_max, 0)
        assert [frame for _, frame in records] == self.appended[self.at : self.at + len(records)]
        assert bool(records) == (self.at < len(self.appended))
        for position, _ in records:
            if self.at < len(self.positions):
                assert self.positions[self.at] == position
            else:
                assert position not in self.positions
                self.positions.append(position)
            self.at += 1

    @rule(data=st.data())
    def seek(self, data: st.DataObject) -> None:
        self.at = data.draw(st.integers(0, len(self.positions)))
        self.reader.seek(self.positions[self.at - 1] if self.at else None)

    @rule()
    def reopen(self) -> None:
        self.log.close()
        self.open()
        self.use()
        self.at = 0

    @invariant()
    def lag_and_end_are_the_models(self) -> None:
        assert self.reader.lag() == len(self.appended) - self.at
        assert (self.reader.end() is None) == (not self.appended)
        if len(self.positions) == len(self.appended) and self.appended:
            assert self.reader.end() == self.positions[-1]

    def teardown(self) -> None:
        self.log.close()
        shutil.rmtree(self.place)


def test_any_history_reads_as_a_list_would(adapter: Adapter) -> None:
    history = type("History", (LogHistory,), {"adapter": adapter})
    run_state_machine_as_test(history, settings=settings(max_examples=15, stateful_step_count=25))
