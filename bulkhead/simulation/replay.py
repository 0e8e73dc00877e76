"""A machine derived again from its partition alone."""

from bulkhead.machines.factory import input_partition
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.simulation.evidence import Evidence, records, verifier_of
from bulkhead.wire.frame import Unreadable


def replayed(evidence: Evidence, shard: str, machine: ReferenceMachine) -> ReferenceMachine:
    """`machine`, in its first state, after everything that the shard's partition holds."""
    partition = input_partition(shard)
    verifier = verifier_of(evidence.identity, partition)
    for position, frame in records(evidence.log, partition):
        try:
            verifier.check(frame)
        except Unreadable as problem:
            machine.refuse_frame(position, frame, problem.reason)
        else:
            machine.apply_frame(position, frame)
    return machine
