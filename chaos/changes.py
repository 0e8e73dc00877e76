"""What an operator changes of an exchange that trades, in order, as it is written and typed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import permutations
from typing import Any, Literal

from bulkhead.topology.derived import boundary_of, shards
from bulkhead.topology.genesis import BEHAVIOUR_VERSION
from bulkhead.topology.models import RiskShards, SettlementShards, Topology

WHY = "chaos: it is changed while it trades"
REASON = ("--reason", WHY)
APPLY = ("topology", "apply", "--yes", *REASON)
LOTS_DECIMALS = 4
"""Of a new instrument's quantities and prices: one tick times one lot is a whole number of units of what has
8 decimals.
"""
NEW = "chaos-new"
"""boundary of a new book"""
SHARE = "chaos-accounts"
"""boundary of a new risk shard"""
LEDGER = "chaos-ledger"
"""boundary of a new settlement shard"""
MOVED = "moved-"
"""How a boundary's name begins that takes over what another one had."""
TAKER = "0.0017"
OPEN_ORDERS_MAX = 900
NEXT = BEHAVIOUR_VERSION + 1


@dataclass(frozen=True)
class Change:
    name: str
    concerns: frozenset[str]
    """shards that may make somebody wait meanwhile"""
    patch: Mapping[str, Any] = field(default_factory=dict)
    """of the topology file (RFC 7396)"""
    typed: tuple[tuple[str, ...], ...] = (APPLY,)
    """what the operator types then, one after another"""
    heals: bool = True
    """whether what was traded before is traded afterwards"""


class NothingToChange(Exception):
    """The topology lacks what the changes are about; the text says what."""


def changes_of(topology: Topology) -> Iterator[Change]:
    """All of them, which leave the exchange with what it had, but for a retired instrument and fees."""
    traded = [name for name, each in topology.instruments.items() if each.trading == "continuous"]
    if not traded:
        raise NothingToChange("no instrument trades continuously")
    instrument = traded[0]
    boundaries = boundary_of(topology)
    book = next(
        f"book/{place}" for place, each in enumerate(topology.shards.books) if instrument in each.instruments
    )
    participant = next(iter(topology.participants))
    accounts = next(shard.name for shard in shards(topology) if shard.kind == "risk")
    yield Change("an instrument is halted", frozenset({book}), typed=(("halt", instrument, *REASON),))
    yield Change("and resumed", frozenset({book}), typed=(("resume", instrument, *REASON),))
    bound = ("limits", "set", participant, "open-orders", str(OPEN_ORDERS_MAX), *REASON)
    yield Change("a limit is set", frozenset(), typed=(bound,))
    yield Change("fees are set", frozenset(), {"fees": {"taker": TAKER}})
    yield from _replicas_and_moves(topology, "a book", book, boundaries[book])
    yield from _replicas_and_moves(topology, "a risk shard", accounts, boundaries[accounts])
    yield from _listing(topology)
    yield from _more_shards(topology, "risk", SHARE, "slots")
    yield from _more_shards(topology, "settlement", LEDGER, "accounts")
    everybody = frozenset(each.name for each in shards(topology) if each.speaks)
    to, undo = ("upgrade", "--to", str(NEXT), *REASON), ("upgrade", "--undo", *REASON)
    yield Change(f"the rules are those of version {NEXT}", everybody, typed=(to,))
    yield Change("and of the version before", everybody, typed=(undo,))


def _replicas_and_moves(topology: Topology, what: str, shard: str, name: str) -> Iterator[Change]:
    """A second process is added where there is none, takes over in another boundary, and goes again."""
    boundary = topology.boundaries[name]
    had = boundary.replicas
    within = frozenset(each for each, its in boundary_of(topology).items() if its == name)
    if had == "none":
        yield Change(f"{what} gets a standby", within, {"boundaries": {name: {"replicas": "standby"}}})
    replicas = "standby" if had == "none" else had
    there = {**boundary.model_dump(mode="json", exclude_defaults=True), "replicas": replicas}
    moved = MOVED + name
    yield Change(
        f"{what} changes its boundary, by a hand-over",
        within,
        {"boundaries": {name: None, moved: there}},
    )
    yield Change(
        f"{what} comes back" + (", without a standby" if had == "none" else ""),
        within,
        {"boundaries": {moved: None, name: {**there, "replicas": had}}},
    )


def _more_shards(
    topology: Topology, kind: Literal["risk", "settlement"], name: str, what: str
) -> Iterator[Change]:
    """A shard is added, which takes its share of the slots, and ended again. Nobody waits for settlement."""
    there: RiskShards | SettlementShards = getattr(topology.shards, kind)
    new = there.count
    one = next(iter(topology.boundaries.values()))
    contains, gateway = [f"{kind}/{new}"], f"ingress/{new}"
    if kind == "risk" and topology.has_gateways and not _is_contained(topology, gateway):
        contains.append(gateway)
    boundary = {
        "contains": contains,
        "restarts": one.restarts.model_dump(mode="json"),
        "replicas": one.replicas,
    }
    concerns = frozenset(f"risk/{number}" for number in (*there.numbers, new) if kind == "risk")
    yield Change(
        f"a {kind} shard is added, with its share of the {what}",
        concerns,
        {"shards": {kind: {"count": new + 1}}, "boundaries": {name: boundary}},
    )
    yield Change(
        f"and ended, its {what} go back",
        concerns,
        {"shards": {kind: {"retired": [*there.retired, new]}}, "boundaries": {name: None}},
    )


def _is_contained(topology: Topology, shard: str) -> bool:
    """Whether a boundary has it already, by a pattern."""
    return any(fnmatch(shard, glob) for each in topology.boundaries.values() for glob in each.contains)


def _listing(topology: Topology) -> Iterator[Change]:
    """A new instrument with a book of its own, which is traded, and its end."""
    base, quote = _new_pair(topology)
    instrument = f"{base}-{quote}"
    number = len(topology.shards.books)
    least = f"0.{'0' * (LOTS_DECIMALS - 1)}1"
    terms = {
        "base": base,
        "quote": quote,
        "price_increment": least,
        "quantity_increment": least,
        "price_min": least,
        "price_max": "1000",
        "quantity_min": least,
        "quantity_max": "1000000",
    }
    books = [each.model_dump(mode="json", exclude_defaults=True) for each in topology.shards.books]
    one = next(iter(topology.boundaries.values()))
    boundary = {
        "contains": [f"book/{number}"],
        "restarts": one.restarts.model_dump(mode="json"),
        "replicas": one.replicas,
    }
    concerns = frozenset({f"book/{number}"})
    yield Change(
        "an instrument is listed, with a book",
        concerns,
        {
            "instruments": {instrument: terms},
            "shards": {"books": [*books, {"instruments": [instrument]}]},
            "boundaries": {NEW: boundary},
        },
    )
    yield Change(
        "and retired",
        concerns,
        {"instruments": {instrument: {"trading": "retired"}}},
        (
            ("halt", instrument, *REASON),
            ("mass-cancel", "--instrument", instrument, *REASON),
            APPLY,
        ),
    )


def _new_pair(topology: Topology) -> tuple[str, str]:
    """(base, quote) that somebody has both of and nobody can trade for each other yet."""
    pairs = {(each.base, each.quote) for each in topology.instruments.values()}
    for balances in (each.balances for each in topology.participants.values()):
        for base, quote in permutations(sorted(balances), 2):
            fits = (
                topology.assets[base].decimals >= LOTS_DECIMALS
                and topology.assets[quote].decimals >= 2 * LOTS_DECIMALS
            )
            if fits and (base, quote) not in pairs and (quote, base) not in pairs:
                return base, quote
    raise NothingToChange("no participant has two assets that no instrument is made of yet")
