"""The machines alone: recorded frames in, outputs out, one process, no log, no authentication."""

import time
from typing import NamedTuple

from bulkhead.log.port import Log, Record
from bulkhead.machines.engines import chosen
from bulkhead.machines.factory import input_partition, make_machine
from bulkhead.wire.frame import read_frame

READ_BYTES = 4 * 1024 * 1024


class Applied(NamedTuple):
    """What one machine did."""

    commands: int
    """participants' commands for risk, orders and cancels from risk for a book"""
    events: int
    """all of its input, answers, ticks and definitions included"""
    seconds: float
    cpu_s: float


def apply_recorded(log: Log, shard: str) -> Applied:
    """Apply everything that stands in the shard's partition to a new machine, of the engine that there is, as
    the exchange's are.
    """
    records = _read(log, input_partition(shard))
    frames = [read_frame(data) for _, data in records]
    is_risk = shard.startswith("risk/")
    commands = sum(
        len(frame.events)
        for frame in frames
        if (frame.signer is not None if is_risk else frame.source.startswith("risk/"))
    )
    del frames
    machine = make_machine(shard, chosen(None))
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for position, data in records:
        machine.apply_frame(position, data)
    taken = time.perf_counter() - begun, time.process_time() - cpu_begun
    return Applied(commands, machine.events_applied, *taken)


def _read(log: Log, partition: str) -> list[Record]:
    reader = log.reader(partition, "bench")
    records: list[Record] = []
    while batch := reader.receive(READ_BYTES, 0.0):
        records += batch
    reader.close()
    return records
