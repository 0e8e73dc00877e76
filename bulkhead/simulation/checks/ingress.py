"""At rest: what verifies of a participant's topic, and nothing else, was forwarded, byte for byte and in its
order.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, records, verifier_of
from bulkhead.topology import derived
from bulkhead.wire.frame import Unreadable


class Written(NamedTuple):
    """One frame of a participant's topic. `whose`: the participant whose key has signed it for this risk
    shard; None: it can't be verified there.
    """

    position: bytes
    frame: bytes
    whose: str | None


def check_forwarded(evidence: Evidence, gated: Collection[str], strange: Collection[tuple[str, int]]) -> None:
    """`gated`: who writes nowhere else. `strange`: partition and offset of what strangers wrote there."""
    for participant_id in evidence.topology.participants if evidence.topology.has_gateways else ():
        partition, orders = _way_of(evidence, participant_id)
        written = [each.frame for each in _read(evidence, partition, orders) if each.whose == participant_id]
        arrived = [
            each.frame
            for offset, each in enumerate(_read(evidence, orders, orders), 1)
            if each.whose == participant_id and (orders, offset) not in strange
        ]
        # What came again is dropped by the risk shard.
        first_written, first_arrived = list(dict.fromkeys(written)), list(dict.fromkeys(arrived))
        if participant_id in gated:
            must(
                first_arrived == first_written,
                f"{partition}: {len(first_written)} frames were to be forwarded, in this order;"
                f" {len(first_arrived)} are in {orders}, {_first_difference(first_written, first_arrived)}",
            )
        else:
            missing = [frame for frame in first_written if frame not in first_arrived]
            must(not missing, f"{partition}: {len(missing)} frames are not in {orders}")


def refused_at_gateways(evidence: Evidence) -> Iterator[tuple[str, bytes]]:
    """Partition and position of each frame that had to become a dead letter instead of being forwarded."""
    for participant_id in evidence.topology.participants if evidence.topology.has_gateways else ():
        partition, orders = _way_of(evidence, participant_id)
        for each in _read(evidence, partition, orders):
            if each.whose != participant_id:
                yield partition, each.position


def _way_of(evidence: Evidence, participant_id: str) -> tuple[str, str]:
    """A participant's own partition, and the one that it is forwarded to."""
    owners = derived.slot_table(evidence.topology.shards.risk)
    orders = f"orders/{owners[derived.slot_of(participant_id)]}"
    return f"{derived.ingress_topic(participant_id)}/0", orders


def _read(evidence: Evidence, partition: str, orders: str) -> Iterator[Written]:
    verifier = verifier_of(evidence.identity, orders)
    for position, data in records(evidence.log, partition):
        try:
            signer = verifier.check(data).signer
        except Unreadable:
            yield Written(position, data, None)
            continue
        yield Written(position, data, evidence.keys.get(signer[0]) if signer is not None else None)


def _first_difference(written: list[bytes], arrived: list[bytes]) -> str:
    for number, (one, other) in enumerate(zip(written, arrived, strict=False), 1):
        if one != other:
            return f"the first that differs is frame {number}"
    return "as far as both go the same"
