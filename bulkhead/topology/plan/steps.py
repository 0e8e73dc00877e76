"""The plan: what is wanted beside what is live, as steps in an order that is safe."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import KINDS, Attributes, Objects, Ref, Value

Action = Literal["create", "change", "replace", "delete"]

LOST = (
    "is missing, and was there: what it held is gone, and shards that read it will say so. To keep that, put"
    " the log back instead (docs/operations.md, Backup)"
)
REPLACED = ("exchange",)
"""kinds that can't be changed while they are there: they are taken away and made anew"""


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
    """objects of the exchange that nobody wants any more, which only `--prune` deletes"""

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
    interrupts: str = "",
) -> Plan:
    """`live` has only what is ours. `held`: what those who read have found that no step does. `were_there`:
    what an exchange that was founded has had.
    `interrupts`: what taking the processes away stops.
    """
    by_level: dict[Level, list[Held]] = {level: [] for level in Level}
    for level, each in held:
        by_level[level].append(each)
    made = sorted(_made(wanted, live, were_there, interrupts), key=_order)
    unwanted = sorted((ref for ref in live if ref not in wanted), key=_reversed_order)
    gone = [Step("delete", *ref, "carries our label, and nothing wants it") for ref in unwanted]
    return Plan(
        steps=(*made, *(gone if prune else ())),
        refused=(*by_level[Level.REFUSED], *_fewer_partitions(wanted, live)),
        by_command=tuple(by_level[Level.COMMAND]),
        kept=tuple(by_level[Level.KEPT]),
        left=() if prune else tuple(" ".join(ref) for ref in unwanted),
    )


def advance(live: Objects, step: Step) -> dict[Ref, Attributes]:
    """What is live after the step: a model of what those who execute do."""
    others = {ref: attributes for ref, attributes in live.items() if ref != step.ref}
    return others if step.action == "delete" else others | {step.ref: step.after}


def _made(wanted: Objects, live: Objects, were_there: Container[Ref], interrupts: str) -> Iterator[Step]:
    for ref, attributes in wanted.items():
        kind, name = ref
        if ref not in live:
            yield Step("create", kind, name, LOST if ref in were_there else "is missing", after=attributes)
        elif different := _different(live[ref], attributes):
            why = "; ".join(different)
            if kind in REPLACED:
                yield Step("replace", kind, name, why, interrupts, attributes)
            else:
                yield Step("change", kind, name, why, after=attributes)


def _different(live: Attributes, wanted: Attributes) -> list[str]:
    names = sorted({*live, *wanted})
    return [
        _said(name, live.get(name), wanted.get(name)) for name in names if live.get(name) != wanted.get(name)
    ]


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


def _order(step: Step) -> int:
    return KINDS.index(step.kind)


def _reversed_order(ref: Ref) -> tuple[int, str]:
    return -KINDS.index(ref[0]), ref[1]


def _plain(step: Step) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if name != "after"}
