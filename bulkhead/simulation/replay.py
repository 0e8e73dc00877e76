"""A machine derived again from its partition alone."""

from bulkhead.machines.factory import input_partition
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.decisions import Decided, decided
from bulkhead.runtime.derivation import derive
from bulkhead.simulation.evidence import Evidence, verifier_of


def replayed(evidence: Evidence, shard: str, machine: ReferenceMachine) -> ReferenceMachine:
    """`machine`, in its first state, after everything that the shard's partition holds."""
    partition = input_partition(shard)
    verifier = verifier_of(evidence.identity, partition)
    known = Decided() if shard.startswith("view-") else decided(evidence.log, evidence.identity, shard)
    for _ in derive(machine, verifier, evidence.records(partition), known):
        pass  # what it said is in the log
    return machine
