"""Risk shards and their slots as objects of a plan, and the decision that a step on one of them is.

A shard is added before slots go to it, and ended when all have left it. One run of slots moves at a time:
each is a step, so that an interrupted apply goes on with those that have not moved.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.topology import derived
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import Attributes, Ref
from bulkhead.topology.plan.steps import Held
from bulkhead.topology.plan.told import Told
from bulkhead.topology.values import SLOTS

KINDS = ("shard", "slots", "retirement")
COUNT, RETIRED = "shards.risk.count", "shards.risk.retired"


class Run(NamedTuple):
    """Slots from the first to the last, both included, that go from one risk shard to another."""

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
    risk = topology.shards.risk
    wanted: dict[Ref, Attributes] = {}
    live: dict[Ref, Attributes] = {}
    for number in range(told.risk_shards, risk.count):
        wanted["shard", f"risk/{number}"] = {"slots": "none at first"}
    for run in runs(told.risk, derived.slot_table(risk)):
        of = f"risk shard of {_counted(topology, run)}"
        wanted["slots", run.name] = {of: f"risk/{run.new}"}
        live["slots", run.name] = {of: f"risk/{run.old}"}
    for number in risk.retired:
        if number not in told.retired:
            wanted["retirement", f"risk/{number}"] = {"is": "ended, for ever"}
            live["retirement", f"risk/{number}"] = {"is": "there"}
    return wanted, live


def decision(topology: Topology, told: Told, ref: Ref, reason: str) -> Any | None:
    """What an operator has to decide so that the object is what it should be; None: it is."""
    kind, name = ref
    if kind == "slots":
        moves = runs(told.risk, derived.slot_table(topology.shards.risk))
        return next((MoveSlots(*run, reason) for run in moves if run.name == name), None)
    number = int(name.removeprefix("risk/"))
    if kind == "shard":
        return None if number < told.risk_shards else AddRiskShard(number, reason)
    return None if number in told.retired else RetireRiskShard(number, reason)


def otherwise(topology: Topology, told: Told) -> Iterator[tuple[Level, Held]]:
    """What no step makes right."""
    risk = topology.shards.risk
    if risk.count < told.risk_shards:
        why = f"{told.risk_shards} numbers of risk shards were given, and the file has {risk.count}"
        last = ", ".join(map(str, range(risk.count, told.risk_shards)))
        advice = f"to end some, leave count at {told.risk_shards}, and write `retired: [{last}]`"
        yield Level.REFUSED, Held(COUNT, why, advice)
        return
    back = sorted(told.retired - set(risk.retired))
    if back:
        why = f"risk/{back[0]} has ended, for ever: its number is in the ids of its orders"
        yield Level.REFUSED, Held(RETIRED, why, "list it; for another one raise count by one")
        return
    never = sorted(number for number in risk.retired if number >= told.risk_shards)
    if never:
        why = f"risk/{never[0]} was never there, and is to have ended"
        yield Level.REFUSED, Held(RETIRED, why, "take it out of the list: numbers are given in order")
        return
    elsewhere = runs(told.risk, derived.slot_table(risk)) or risk.count > told.risk_shards
    if elsewhere and topology.has_gateways:
        why = "participants write through gateways, and such slots do not move yet"
        yield Level.REFUSED, Held(COUNT, why, "put count, slots and retired back")


def participants_in(topology: Topology, run: Run) -> list[str]:
    return [name for name in topology.participants if run.first <= derived.slot_of(name) <= run.last]


def _counted(topology: Topology, run: Run) -> str:
    members = participants_in(topology, run)
    accounts = sum(len(topology.participants[name].account_ids) for name in members)
    if not members:
        return "no participant"
    who = members[0] if len(members) == 1 else f"{len(members)} participants"
    return f"{who} with {accounts} account{'' if accounts == 1 else 's'}"
