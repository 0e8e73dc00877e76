"""The plan: what is wanted beside what is live, as steps in an order that is safe."""

from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bulkhead.topology.plan import interruptions
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import ACTOR, KINDS, RUNNING, Attributes, Objects, Ref, Value

Action = Literal["create", "change", "replace", "delete"]

LOST = (
    "is missing, and was there: what it held is gone, and shards that read it will say so. To keep that, put"
    " the log back instead (docs/operations.md, Backup)"
)
REPLACED = ("exchange", ACTOR)
"""kinds that can't be changed while they are there: they are taken away and made anew"""
TOLD = {"destinations", "replicas", "suspected_after_s"}
"""attributes of an actor that can be told it while it works"""


@dataclass(frozen=True)
class Step:
    """One thing to do to one object."""

    action: Action
    kind: str
    name: str
    why: str
    interrupts: str = ""
    """what stops meanwhile and for how long; empty: nothing"""
    after: Attributes = field(default_factory=dict)
    """the object's attributes when it is done; none of one that is deleted"""

    @property
    def ref(self) -> Ref:
        return self.kind, self.name


@dataclass(frozen=True)
class Held:
    """What is wanted and not done by `apply`."""

    subject: str
    """a field of the topology, or an object"""
    why: str
    advice: str
    """what does it, or that nothing does yet"""

    def __str__(self) -> str:
        subject = "" if self.why.startswith(self.subject) else f"{self.subject}: "
        return f"{subject}{self.why}: {self.advice}"


@dataclass(frozen=True)
class Plan:
    """All that is to be done. With anything `refused` nothing is done."""

    steps: tuple[Step, ...] = ()
    refused: tuple[Held, ...] = ()
    by_command: tuple[Held, ...] = ()
    """an operator's signed command does these"""
    kept: tuple[Held, ...] = ()
    """the exchange goes on with what it was told"""
    left: tuple[str, ...] = ()
    """objects of the exchange that nobody wants any more, which only `--prune` deletes: they may hold
    something, as processes do not
    """

    @property
    def empty(self) -> bool:
        """Whether what is live is what is wanted; what is `left` does no harm."""
        return not (self.steps or self.refused or self.by_command or self.kept)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"steps": [_plain(step) for step in self.steps]}


def plan(
    wanted: Objects,
    live: Objects,
    *,
    held: Iterable[tuple[Level, Held]] = (),
    were_there: Container[Ref] = (),
    prune: bool = False,
    leading: Container[Ref] = (),
) -> Plan:
    """`live` has only what is ours. `held`: what those who read have found that no step does. `were_there`:
    what an exchange that was founded has had. `leading`: the actors that send for their shards; those that
    follow are replaced before them.
    """
    by_level: dict[Level, list[Held]] = {level: [] for level in Level}
    for level, each in held:
        by_level[level].append(each)
    made = sorted(_made(wanted, live, were_there, leading), key=lambda step: _order(step, leading))
    unwanted = sorted((ref for ref in live if ref not in wanted), key=_reversed_order)
    left = [ref for ref in unwanted if ref[0] not in RUNNING and not prune]
    gone = [_deleted(ref, wanted, leading) for ref in unwanted if ref not in left]
    return Plan(
        steps=(*made, *gone),
        refused=(*by_level[Level.REFUSED], *_fewer_partitions(wanted, live)),
        by_command=tuple(by_level[Level.COMMAND]),
        kept=tuple(by_level[Level.KEPT]),
        left=tuple(" ".join(ref) for ref in left),
    )


def advance(live: Objects, step: Step) -> dict[Ref, Attributes]:
    """What is live after the step: a model of what those who execute do."""
    others = {ref: attributes for ref, attributes in live.items() if ref != step.ref}
    return others if step.action == "delete" else others | {step.ref: step.after}


def _made(
    wanted: Objects, live: Objects, were_there: Container[Ref], leading: Container[Ref]
) -> Iterator[Step]:
    for ref, attributes in wanted.items():
        kind, name = ref
        if ref not in live:
            yield Step("create", kind, name, LOST if ref in were_there else "is missing", after=attributes)
        elif different := _different(live[ref], attributes):
            why = "; ".join(_said(each, live[ref].get(each), attributes.get(each)) for each in different)
            if kind in REPLACED and not (kind == ACTOR and TOLD.issuperset(different)):
                others = _replicas(ref, {*wanted, *live})
                interrupts = interruptions.of_replacing(ref, others, ref in leading)
                yield Step("replace", kind, name, why, interrupts, attributes)
            else:
                yield Step("change", kind, name, why, interruptions.of_changing(ref), attributes)


def _deleted(ref: Ref, wanted: Objects, leading: Container[Ref]) -> Step:
    if ref[0] not in RUNNING:
        return Step("delete", *ref, "carries our label, and nothing wants it")
    interrupts = interruptions.of_deleting(ref, _replicas(ref, wanted), ref in leading)
    return Step("delete", *ref, "nothing wants it", interrupts)


def _replicas(ref: Ref, among: Iterable[Ref]) -> Collection[Ref]:
    """Other actors of the same shard."""
    kind, name = ref
    if kind != ACTOR:
        return ()
    shard = interruptions.shard_of(name)
    return [
        each
        for each in among
        if each != ref and each[0] == ACTOR and interruptions.shard_of(each[1]) == shard
    ]


def _different(live: Attributes, wanted: Attributes) -> list[str]:
    """The names of attributes."""
    return [name for name in sorted({*live, *wanted}) if live.get(name) != wanted.get(name)]


def _said(name: str, live: Value, wanted: Value) -> str:
    if isinstance(live, tuple) and isinstance(wanted, tuple):
        lacks = [each for each in wanted if each not in live]
        more = [each for each in live if each not in wanted]
        parts = [f"lacks {_few(lacks)}"] * bool(lacks) + [f"has {_few(more)} too much"] * bool(more)
        return f"{name} {', '.join(parts)}" if parts else f"{name} in another order"
    return f"{name}: {_shown(live)} -> {_shown(wanted)}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _shown(value: Value) -> str:
    return (
        "none" if value in (None, "", ()) else str(value).lower() if isinstance(value, bool) else str(value)
    )


def _fewer_partitions(wanted: Objects, live: Objects) -> Iterator[Held]:
    for ref, attributes in sorted(wanted.items()):
        there, asked = live.get(ref, {}).get("partitions"), attributes.get("partitions")
        if ref[0] == "topic" and isinstance(there, int) and isinstance(asked, int) and asked < there:
            yield Held(
                " ".join(ref),
                f"has {there} partitions, and {asked} are wanted",
                "a partition is never taken back, and no command moves what is in it: ask for as many as"
                " there are",
            )


def _order(step: Step, leading: Container[Ref]) -> tuple[int, bool, bool]:
    """What is replaced comes after what is added beside it, which may take over meanwhile; who leads last."""
    replaces = step.action == "replace"
    return KINDS.index(step.kind), replaces, replaces and step.ref in leading


def _reversed_order(ref: Ref) -> tuple[int, str]:
    return -KINDS.index(ref[0]), ref[1]


def _plain(step: Step) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if name != "after"}
