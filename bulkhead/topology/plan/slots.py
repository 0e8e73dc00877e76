"""Risk shards, settlement shards and their slots as objects of a plan, and the decision that a step on one of
them is.

A shard is added before slots go to it, and ended when all have left it. One run of slots moves at a time:
each is a step, so that an interrupted apply goes on with those that have not moved. Between risk shards a run
goes in parts, which control sees to.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.topology import derived
from bulkhead.topology.models import AccountShards, Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import Attributes, Ref
from bulkhead.topology.plan.steps import Held
from bulkhead.topology.plan.told import ShardsTold, Told
from bulkhead.topology.values import SLOTS

KINDS = ("shard", "slots", "accounts", "retirement")
SLOTS_AT_ONCE: Final = 8
"""Of a part: who moves waits for it, and the two shards stand still for it. There are 1,024 slots: with a
million accounts each has a thousand, and by what 100,000 accounts take (docs/performance.md) eight slots are
cut out in about 10 ms. Smaller parts would be more, and each costs about seven hops of the log.
"""


@dataclass(frozen=True)
class Family:
    """Shards of one kind: the decisions about them, and the kind of object that slots of theirs are."""

    name: Literal["risk", "settlement"]
    moved: str
    move: Callable[..., MoveSlots | MoveSettlementSlots]
    add: type[AddRiskShard] | type[AddSettlementShard]
    retire: type[RetireRiskShard] | type[RetireSettlementShard]
    why_for_ever: str = ""

    def wanted(self, topology: Topology) -> AccountShards:
        shards: AccountShards = getattr(topology.shards, self.name)
        return shards

    def told(self, told: Told) -> ShardsTold:
        return told.risk if self.name == "risk" else told.settlement

    def field(self, name: str) -> str:
        return f"shards.{self.name}.{name}"


FAMILIES: Final = (
    Family(
        "risk",
        "slots",
        partial(MoveSlots, slots_at_once=SLOTS_AT_ONCE),
        AddRiskShard,
        RetireRiskShard,
        ": its number is in the ids of its orders",
    ),
    Family("settlement", "accounts", MoveSettlementSlots, AddSettlementShard, RetireSettlementShard),
)


class Run(NamedTuple):
    """Slots from the first to the last, both included, that go from one shard to another of its kind."""

    first: int
    last: int
    old: int
    new: int

    @property
    def name(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def runs(now: tuple[int, ...], wanted: tuple[int, ...]) -> list[Run]:
    """Those that are elsewhere than wanted, in the order of their slots."""
    found: list[Run] = []
    for slot in range(SLOTS):
        old, new = now[slot], wanted[slot]
        if old == new:
            continue
        if found and found[-1][1:] == (slot - 1, old, new):
            found[-1] = found[-1]._replace(last=slot)
        else:
            found.append(Run(slot, slot, old, new))
    return found


def objects(topology: Topology, told: Told) -> tuple[dict[Ref, Attributes], dict[Ref, Attributes]]:
    """Those that are not what they should be: as wanted, and as they are, where they are."""
    wanted: dict[Ref, Attributes] = {}
    live: dict[Ref, Attributes] = {}
    for family in FAMILIES:
        name, shards, so_far = family.name, family.wanted(topology), family.told(told)
        for number in range(so_far.count, shards.count):
            wanted["shard", f"{name}/{number}"] = {"slots": "none at first"}
        for run in runs(so_far.owners, derived.slot_table(shards)):
            of = f"{name} shard of {_counted(topology, run)}"
            wanted[family.moved, run.name] = {of: f"{name}/{run.new}"}
            live[family.moved, run.name] = {of: f"{name}/{run.old}"}
        for number in shards.retired:
            if number not in so_far.retired:
                wanted["retirement", f"{name}/{number}"] = {"is": "ended, for ever"}
                live["retirement", f"{name}/{number}"] = {"is": "there"}
    return wanted, live


def decision(topology: Topology, told: Told, ref: Ref, reason: str) -> Any | None:
    """What an operator has to decide so that the object is what it should be; None: it is."""
    kind, name = ref
    family = next(each for each in FAMILIES if each.moved == kind or name.startswith(f"{each.name}/"))
    so_far = family.told(told)
    if kind == family.moved:
        moves = runs(so_far.owners, derived.slot_table(family.wanted(topology)))
        return next((family.move(*run, reason) for run in moves if run.name == name), None)
    number = int(name.removeprefix(f"{family.name}/"))
    if kind == "shard":
        return None if number < so_far.count else family.add(number, reason)
    return None if number in so_far.retired else family.retire(number, reason)


def otherwise(topology: Topology, told: Told) -> Iterator[tuple[Level, Held]]:
    """What no step makes right."""
    for family in FAMILIES:
        held = _otherwise(family, topology, family.told(told))
        if held is not None:
            yield Level.REFUSED, held


def _otherwise(family: Family, topology: Topology, told: ShardsTold) -> Held | None:
    name, shards = family.name, family.wanted(topology)
    if shards.count < told.count:
        why = f"{told.count} numbers of {name} shards were given, and the file has {shards.count}"
        last = ", ".join(map(str, range(shards.count, told.count)))
        advice = f"to end some, leave count at {told.count}, and write `retired: [{last}]`"
        return Held(family.field("count"), why, advice)
    retired = family.field("retired")
    back = sorted(told.retired - set(shards.retired))
    if back:
        why = f"{name}/{back[0]} has ended, for ever{family.why_for_ever}"
        return Held(retired, why, "list it; for another one raise count by one")
    never = sorted(number for number in shards.retired if number >= told.count)
    if never:
        why = f"{name}/{never[0]} was never there, and is to have ended"
        return Held(retired, why, "take it out of the list: numbers are given in order")
    return None


def participants_in(topology: Topology, run: Run) -> list[str]:
    return [name for name in topology.participants if run.first <= derived.slot_of(name) <= run.last]


def _counted(topology: Topology, run: Run) -> str:
    members = participants_in(topology, run)
    accounts = sum(len(topology.participants[name].account_ids) for name in members)
    if not members:
        return "no participant"
    who = members[0] if len(members) == 1 else f"{len(members)} participants"
    return f"{who} with {accounts} account{'' if accounts == 1 else 's'}"
