"""At rest: what could not be verified is a dead letter, once; a replay says the same and ends the same."""

from collections import Counter
from collections.abc import Callable, Collection

from bulkhead.domain.messages.quarantine import FrameDropped
from bulkhead.errors import FatalError
from bulkhead.machines.factory import input_partition
from bulkhead.machines.interface import MachineRaised
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.decisions import decided
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.checks.ingress import refused_at_gateways
from bulkhead.simulation.evidence import Evidence, Streams, messages
from bulkhead.simulation.replay import replayed


def check_dead_letters(evidence: Evidence, streams: Streams) -> None:
    letters = Counter((letter.partition, letter.position) for letter in messages(streams, "dead_letters/0"))
    for name in evidence.machines:
        partition = input_partition(name)
        if name.startswith("risk/"):
            aside = evidence.taken(name).aside
        else:
            operators = evidence.operators if name.startswith("control/") else ()
            aside = _of_nobody(evidence, partition, operators)
        for position in aside + _dropped(evidence, name):
            letters[partition, position] -= 1
    for partition, position, had_to in refused_at_gateways(evidence):
        letters[partition, position] -= had_to or min(letters[partition, position], 1)
    wrong = {key: count for key, count in letters.items() if count}
    must(not wrong, f"dead letters too many (or, below zero, too few): {wrong}")


def _dropped(evidence: Evidence, shard: str) -> list[bytes]:
    """Positions of frames that an operator has dropped."""
    if shard.startswith("view-"):
        return []
    repairs = decided(evidence.log, evidence.identity, shard).repairs
    return [each.position for each in repairs if isinstance(each, FrameDropped)]


def _of_nobody(evidence: Evidence, partition: str, signers: Collection[bytes]) -> list[bytes]:
    """Positions of frames that no shard or gateway has sealed, and none of `signers`, by their keys."""
    return [
        position
        for position, frame in evidence.verified(partition)
        if frame is None or (frame.signer is not None and frame.signer[0] not in signers)
    ]


def check_replay(evidence: Evidence, make: Callable[[str], ReferenceMachine]) -> None:
    """A machine that reads its partition from the beginning knows the same and has said the same."""
    for name, machine in evidence.machines.items():
        try:
            again = replayed(evidence, name, make(name))
        except (FatalError, MachineRaised) as problem:
            raise Broken(f"{name} can't be replayed: {problem}") from problem
        must(again.streams() == machine.streams(), f"{name}: a replay said something else")
        must(again.digest() == machine.digest(), f"{name}: a replay ends in another state")
