"""What a step of a plan stops meanwhile, and for how long: figures of docs/operations.md, Changing things."""

from collections.abc import Collection

from bulkhead.topology.plan.objects import ACTOR, Ref

EXCHANGE = (
    "all trading, while every process is stopped and started again: 15 s with seven participants and three"
    " books (docs/operations.md, Changing things); what participants send meanwhile waits in the log"
)
_WORK = {
    "book": "its instruments",
    "risk": "its accounts' orders",
    "settlement": "its ledger (trading goes on)",
    "control": "operators' decisions (trading goes on)",
    "clock": "the exchange's time (trading goes on)",
    "ingress": "its participants' orders",
    "view": "its answers and pages (trading goes on)",
    "supervisor": "restarts of what dies (trading goes on)",
}
"""what stands still with a kind of shard, or with the supervisor"""
_HAND_OVER = "for a hand-over to its replica: less than half a second"
_RESTART = "for 2 to 4 s, while its process is started anew: what is sent meanwhile waits in the log"


MOVING = (
    "orders of these participants, until another risk shard has them (docs/performance.md, Slots that move);"
    " what they send meanwhile is refused, or waits in the log. The others on both shards wait a moment"
)


def shard_of(actor: str) -> str:
    """book/0.b, a second replica, is of book/0."""
    return actor.partition(".")[0]


def of_replacing(ref: Ref, others: Collection[Ref], leads: bool) -> str:
    """`others`: further replicas of the same shard, which are there then. `leads`: it may be the one that
    sends.
    """
    kind, name = ref
    if kind != ACTOR:
        return EXCHANGE
    if others and not leads:
        return ""
    return f"{_work(name)}, {_HAND_OVER if others else _RESTART}"


def of_deleting(ref: Ref, others: Collection[Ref], leads: bool) -> str:
    """`others`: replicas that stay."""
    kind, name = ref
    if kind != ACTOR or (others and not leads):
        return ""
    return f"{_work(name)}, {_HAND_OVER if others else 'for good'}"


def _work(actor: str) -> str:
    return _WORK[actor.partition("/")[0]]


def of_changing(ref: Ref) -> str:
    """Of an object that is changed while it is there."""
    return MOVING if ref[0] == "slots" else ""
