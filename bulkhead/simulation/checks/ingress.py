"""At rest: what verifies of a participant's topic, and nothing else, was forwarded, byte for byte and in its
order, to the risk shard that it is signed for.

Where a lane has moved, a frame may have been passed over instead, or refused before. That its participant has
sent it again then, and that all was taken once, the participants' own checks find out.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence
from bulkhead.topology import derived
from bulkhead.wire.frame import Unreadable, read_frame


class Written(NamedTuple):
    """One frame of a participant's topic, or of a risk shard's partition. `whose`: the participant whose key
    has signed it for the risk shard whose partition `orders` is; None: it can't be verified there.
    """

    position: bytes
    frame: bytes
    whose: str | None
    orders: str


def check_forwarded(evidence: Evidence, gated: Collection[str], strange: Collection[tuple[str, int]]) -> None:
    """`gated`: who writes nowhere else. `strange`: partition and offset of what strangers wrote there."""
    for participant_id in evidence.topology.participants if evidence.topology.has_gateways else ():
        partition = _topic_of(participant_id)
        own = [each for each in _read(evidence, partition) if each.whose == participant_id]
        if _has_moved(evidence, participant_id):
            if participant_id in gated:
                _check_moved(evidence, participant_id, own, strange)
            continue
        orders = _orders_of(evidence, participant_id)
        # What came again is dropped by the risk shard.
        written = list(dict.fromkeys(each.frame for each in own if each.orders == orders))
        arrived = list(dict.fromkeys(_arrived(evidence, orders, participant_id, strange)))
        if participant_id in gated:
            must(
                arrived == written,
                f"{partition}: {len(written)} frames were to be forwarded, in this order;"
                f" {len(arrived)} are in {orders}, {_first_difference(written, arrived)}",
            )
        else:
            missing = [frame for frame in written if frame not in arrived]
            must(not missing, f"{partition}: {len(missing)} frames are not in {orders}")


def _check_moved(
    evidence: Evidence, participant_id: str, own: list[Written], strange: Collection[tuple[str, int]]
) -> None:
    for shard in evidence.shards("risk"):
        orders = shard.replace("risk/", "orders/")
        written = {each.frame for each in own if each.orders == orders}
        more = [
            frame for frame in _arrived(evidence, orders, participant_id, strange) if frame not in written
        ]
        must(not more, f"{orders}: {len(more)} frames of {participant_id} are not in its topic")


def refused_at_gateways(evidence: Evidence) -> Iterator[tuple[str, bytes, bool]]:
    """Partition and position of each frame that had to become a dead letter instead of being forwarded, or,
    False, that may have: another shard's gateway may have passed it over.
    """
    for participant_id in evidence.topology.participants if evidence.topology.has_gateways else ():
        partition, home = _topic_of(participant_id), _orders_of(evidence, participant_id)
        moved = _has_moved(evidence, participant_id)
        for each in _read(evidence, partition):
            if each.whose != participant_id:
                yield partition, each.position, True
            elif moved or each.orders != home:
                yield partition, each.position, not moved


def _topic_of(participant_id: str) -> str:
    return f"{derived.ingress_topic(participant_id)}/0"


def _orders_of(evidence: Evidence, participant_id: str) -> str:
    """The partition that a participant's frames are forwarded to, unless its slot has moved."""
    owners = derived.slot_table(evidence.topology.shards.risk)
    return f"orders/{owners[derived.slot_of(participant_id)]}"


def _has_moved(evidence: Evidence, participant_id: str) -> bool:
    """Whether its lane has gone to another gateway, ever."""
    for name in evidence.shards("ingress"):
        shard = evidence.domain(name).ingress
        entrance = shard.entrances.get(participant_id)
        if participant_id in shard.left or (entrance is not None and entrance.has_moved):
            return True
    return False


def _arrived(
    evidence: Evidence, orders: str, participant_id: str, strange: Collection[tuple[str, int]]
) -> Iterator[bytes]:
    for offset, each in enumerate(_read(evidence, orders), 1):
        if each.whose == participant_id and each.orders == orders and (orders, offset) not in strange:
            yield each.frame


def _read(evidence: Evidence, partition: str) -> Iterator[Written]:
    for position, data in evidence.records(partition):
        try:
            orders = read_frame(data).destination
        except Unreadable:
            yield Written(position, data, None, "")
            continue
        frame = evidence.read(orders, data)
        if frame is None:
            yield Written(position, data, None, "")
            continue
        whose = evidence.keys.get(frame.signer[0]) if frame.signer is not None else None
        yield Written(position, data, whose if orders.startswith("orders/") else None, orders)


def _first_difference(written: list[bytes], arrived: list[bytes]) -> str:
    for number, (one, other) in enumerate(zip(written, arrived, strict=False), 1):
        if one != other:
            return f"the first that differs is frame {number}"
    return "as far as both go the same"
