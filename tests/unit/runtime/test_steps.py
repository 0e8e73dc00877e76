"""The step of a shard's loop, as another process reads it."""

from pathlib import Path

from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.steps import Step, StepFile, read_step, step_path
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange


def test_the_step_that_was_told_last_is_read_from_the_file_also_when_its_teller_is_gone(
    tmp_path: Path,
) -> None:
    path = step_path(tmp_path / "steps", "risk/0")
    assert read_step(path) is None
    teller = StepFile(path)
    assert read_step(path) is Step.RESTORE
    teller.tell(Step.PUBLISH)
    assert read_step(path) is Step.PUBLISH
    del teller
    assert read_step(path) is Step.PUBLISH
    # A new process, while somebody still has the old file mapped.
    assert read_step(path) is Step.PUBLISH
    StepFile(path).tell(Step.RECEIVE)
    assert read_step(path) is Step.RECEIVE


def test_two_machines_of_one_exchange_tell_in_two_files(tmp_path: Path) -> None:
    assert step_path(tmp_path, "view-0/1") != step_path(tmp_path, "view-0/2")


def test_a_shard_tells_every_step_of_its_loop_in_order_before_it_does_it() -> None:
    exchange = MemoryExchange(TEXT)
    exchange.forget_snapshots()
    told: list[Step] = []
    shard = Shard(
        make_reference("control/0"),
        input_partition("control/0"),
        exchange.identity,
        exchange.log,
        exchange.snapshots,
        SnapshotPolicy(every_events=1, every_ticks=1),
        lambda: 0,
        tell=told.append,
    )
    shard.restore()
    shard.step(0.0)
    assert told == list(Step)
