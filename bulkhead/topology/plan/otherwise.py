"""What a topology says otherwise of what operators have added to the exchange, and no decision of a plan's
step makes right. Of what it was founded with, fields.py tells.
"""

from collections.abc import Iterator

from bulkhead.domain.terms import LimitKind
from bulkhead.topology import listing
from bulkhead.topology.genesis_limits import bounds_of
from bulkhead.topology.models import Topology
from bulkhead.topology.plan import slots
from bulkhead.topology.plan.effects import REMOVED, Level, effect_of
from bulkhead.topology.plan.steps import Held
from bulkhead.topology.plan.told import Told
from bulkhead.topology.problems import Path, field_text

_FIELDS = {
    "base_asset_id": "base",
    "quote_asset_id": "quote",
    "lot_units": "lot",
    "tick_lot_units": "tick",
    "price_increment_ticks": "price_increment",
    "price_min_ticks": "price_min",
    "price_max_ticks": "price_max",
    "quantity_increment_lots": "quantity_increment",
    "quantity_min_lots": "quantity_min",
    "quantity_max_lots": "quantity_max",
    "pro_rata_minimum_lots": "pro_rata",
    "top_order": "pro_rata",
    "least_display_lots": "least_display_quantity",
    "early_auction_orders": "early_auction_orders",
}
"""of ListInstrument -> of the topology"""


def otherwise(topology: Topology, told: Told) -> Iterator[tuple[Level, Held]]:
    yield from _books(topology, told)
    yield from slots.otherwise(topology, told)
    for name in sorted(told.retired_instruments & set(topology.instruments)):
        if topology.instruments[name].trading != "retired":
            why, advice = "it is retired, for ever", f"write `trading: retired`, and give {name} another id"
            yield Level.REFUSED, Held(f"instruments.{name}.trading", why, advice)
    for name in sorted(told.listed):
        yield from _listed(topology, told, name)
    for name, now in sorted(told.added.items()):
        if name not in topology.participants:
            yield _gone(("participants", name))
            continue
        for (kind, account_id, asset_id), bound in bounds_of(topology, name).items():
            bounded = kind, account_id, asset_id
            if bounded in now and now[bounded] != bound:
                of = " ".join(each for each in (LimitKind(kind).name.lower(), account_id, asset_id) if each)
                yield (
                    Level.COMMAND,
                    Held(
                        f"participants.{name}.limits", f"{of} is not {bound}", "`bulkhead limits set` does it"
                    ),
                )
    for account_id, name in sorted(told.accounts.items()):
        if name in topology.participants and account_id not in topology.participants[name].account_ids:
            yield _gone(("participants", name, "accounts", account_id))
    for name, decimals in sorted(told.assets.items()):
        if name not in topology.assets:
            yield _gone(("assets", name))
        elif topology.assets[name].decimals != decimals:
            path = ("assets", name, "decimals")
            yield _held(path, f"it has {decimals}")


def _books(topology: Topology, told: Told) -> Iterator[tuple[Level, Held]]:
    advice = "put it back: its orders are in that partition, and new ones are appended at the end"
    books = {name: book for book, each in enumerate(topology.shards.books) for name in each.instruments}
    for name, book in told.instruments.items():
        if books.get(name, book) != book:
            why = f"{name} is in book/{book}, and the file has it in book/{books[name]}"
            yield Level.REFUSED, Held("shards.books", why, advice)
    if len(topology.shards.books) < told.books:
        why = f"there are {told.books} book partitions, and the file has {len(topology.shards.books)}"
        yield Level.REFUSED, Held("shards.books", why, advice)


def _listed(topology: Topology, told: Told, name: str) -> Iterator[tuple[Level, Held]]:
    if name not in topology.instruments:
        yield _gone(("instruments", name))
        return
    was, should_be = told.listed[name], listing.instrument(topology, name)
    different = {
        field for told_of, field in _FIELDS.items() if getattr(was, told_of) != getattr(should_be, told_of)
    }
    for field in sorted(different):
        yield _held(("instruments", name, field), "it was listed otherwise")


def _gone(path: Path) -> tuple[Level, Held]:
    effect = effect_of(path, REMOVED)
    return effect.level, Held(field_text(path), "operators have added it, and the file lacks it", effect.text)


def _held(path: Path, why: str) -> tuple[Level, Held]:
    effect = effect_of(path)
    return effect.level, Held(field_text(path), why, effect.text)
