"""Where the log says two things, and that is nobody's mistake but a sick computer's.

A process that alone raises decides that its shard skips an event. One that has been superseded, or an active
replica, may have passed that event meanwhile, unknown to it, and what it has said of it is in the log. Each
history is then there, with the event and without; a reader names that. Anything else that comes twice with
other bytes is a broken promise.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import MachineRaised
from bulkhead.runtime.decisions import Decided, decided
from bulkhead.runtime.derivation import derive
from bulkhead.runtime.identity import Identity
from bulkhead.simulation.evidence import records, verified, verifier_of
from bulkhead.simulation.poison import Sick
from bulkhead.wire.frame import split_body

Retelling = tuple[str, str, int]
"""(source, destination, sequence) of an event"""


def only_sick_ones_contradict(log: Log, identity: Identity, speakers: Collection[str]) -> bool:
    """Whether the log contradicts itself, and each stream that does first does it where it says an event both
    as if another had been skipped, which one sick process decided, and as if it had not.
    """
    found = _contradictions(log, identity, speakers)
    return bool(found) and all(
        any(
            both == {*_told(log, identity, known, which), *_told(log, identity, known.without(skip), which)}
            for skip in known.skips
            if skip.why.startswith(Sick.__name__)
        )
        for which, both in found.items()
        for known in [decided(log, identity, which[0])]
    )


def _contradictions(log: Log, identity: Identity, speakers: Collection[str]) -> dict[Retelling, set[bytes]]:
    """Of each stream the first event that came with different bytes, and all that it came with."""
    found: dict[Retelling, set[bytes]] = {}
    for topic, partitions in log.topics().items():
        for number in range(partitions):
            for source, events in _heard(log, identity, f"{topic}/{number}").items():
                differ = [sequence for sequence, said in events.items() if len(said) > 1]
                if source in speakers and differ:
                    first = min(differ)
                    found[source, f"{topic}/{number}", first] = events[first]
    return found


def _heard(log: Log, identity: Identity, partition: str) -> dict[str, dict[int, set[bytes]]]:
    """By source and sequence: what a partition says."""
    heard: dict[str, dict[int, set[bytes]]] = defaultdict(lambda: defaultdict(set))
    for _, frame in verified(log, identity, partition):
        if frame is None:
            continue  # a stranger's
        for sequence, event in enumerate(frame.events, frame.first):
            heard[frame.source][sequence].add(event)
    return heard


def _told(log: Log, identity: Identity, known: Decided, which: Retelling) -> Iterator[bytes]:
    """What `source` says to `destination` under that sequence where so much is decided; nothing where it does
    not come so far.
    """
    source, destination, sequence = which
    partition = input_partition(source)
    history = derive(make_reference(source), verifier_of(identity, partition), records(log, partition), known)
    try:
        for _, outputs in history:
            for output in outputs:
                place = sequence - output.first
                if output.destination == destination and 0 <= place < output.events:
                    yield split_body(output.body, output.events)[place]
                    return
    except (FatalError, MachineRaised):
        return
