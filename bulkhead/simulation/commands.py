"""Commands drawn by chance: mostly sensible, some that must be refused, some that can't be read."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.disconnect import Heartbeat, SetDisconnect
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import MassCancel, RequestOrders
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.protection import ResetProtection, SetProtection
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.simulation.linked_orders import link
from bulkhead.simulation.quoting import mass_quote
from bulkhead.simulation.special_orders import vary
from bulkhead.wire.codec import encode

PRICES_TICKS = {"X-USD": (95, 105), "Z-USD": (96, 104), "Z-X": (95, 105)}
"""of the instruments of `setting`: between which orders are placed"""
LINKED: Final = 0.15
"""of what is placed: how much is a pair or a bracket"""
GARBAGE = (
    b"",
    b"\x00",
    b"\xff" * 9,
    b"\x91\x02",
    b"\x92\x01\xc3",
    b"\x91\x7f",
    encode(SetPhase("X-USD", Phase.HALTED)),
)
_WEIGHTS = {"place": 55, "cancel": 15, "replace": 27, "garbage": 3, "mass": 2, "list": 1, "quotes": 8}
Name = tuple[str, str]
"""account, client order id"""


class Drawn(NamedTuple):
    kind: str
    """place, cancel, replace, garbage, mass, list, quotes"""
    name: Name | None
    """the order that it is about, or one of several"""
    event: bytes
    """encoded"""


def draw(
    chance: random.Random,
    accounts: Sequence[str],
    fresh: str,
    alive: Sequence[Name],
    recent: Sequence[Name],
    now_ms: int | None,
) -> Drawn:
    """A command of one who has these accounts. `fresh`: an id that was never used; `alive`: orders thought
    to live; `recent`: the newest ones; `now_ms`: the exchange's time, about, from which orders of every type
    and mass quotes are drawn; None: plain orders only.
    """
    weights = _WEIGHTS if now_ms is not None else _WEIGHTS | {"quotes": 0}
    kind = chance.choices(list(weights), list(weights.values()))[0]
    if kind == "garbage":
        return Drawn(kind, None, chance.choice(GARBAGE))
    if kind in ("mass", "list"):
        return Drawn(kind, None, encode(_about_many(chance, kind, accounts)))
    if kind == "quotes":
        return _quotes(chance, accounts, fresh, [name for _, name in alive])
    account_id, client_order_id = _about(chance, accounts, alive, recent)
    instrument_id = chance.choice(("X-USD", "X-USD", "X-USD", "Z-USD", "Z-X"))
    if kind == "place" and chance.random() < 0.93:
        account_id, client_order_id = chance.choice(accounts), fresh
    if chance.random() < 0.02:
        account_id = chance.choice(("nobody", "alice.main", "house", "", "é" * 40))
    price_ticks = chance.randint(*PRICES_TICKS[instrument_id])
    quantity_lots = chance.randint(1, 9)
    if instrument_id == "Z-USD" and chance.random() < 0.9:
        price_ticks, quantity_lots = price_ticks // 2 * 2, max(4, quantity_lots // 2 * 2)
    if chance.random() < 0.03:
        price_ticks = chance.choice((0, -1, 2**62, 89, 111))
    if chance.random() < 0.03:
        quantity_lots = chance.choice((0, 16, 2**62))
    message: PlaceOrder | PlacePair | PlaceBracket | CancelOrder | ReplaceOrder
    if kind == "place":
        order = _place(chance, account_id, client_order_id, instrument_id, price_ticks, quantity_lots)
        if now_ms is not None:
            order = vary(chance, order, now_ms)
        is_linked = now_ms is not None and chance.random() < LINKED
        message = link(chance, order) if is_linked else order
    elif kind == "cancel":
        message = CancelOrder(account_id, client_order_id)
    else:
        message = ReplaceOrder(account_id, client_order_id, price_ticks, quantity_lots)
        if now_ms is not None and chance.random() < 0.15:
            message = replace(message, stop_price_ticks=price_ticks)
    return Drawn(kind, (account_id, client_order_id), encode(message))


def _quotes(chance: random.Random, accounts: Sequence[str], fresh: str, others: Sequence[str]) -> Drawn:
    account_id, instrument_id = chance.choice(accounts), chance.choice(("X-USD", "X-USD", "Z-USD", "Z-X"))
    message = mass_quote(chance, account_id, instrument_id, fresh, PRICES_TICKS[instrument_id], others)
    named = message.quotes[0].client_order_id if message.quotes else fresh
    return Drawn("quotes", (account_id, named), encode(message))


def _about_many(chance: random.Random, kind: str, accounts: Sequence[str]) -> MassCancel | RequestOrders:
    request_id = f"r{chance.randrange(1000)}"
    account_id = chance.choice(accounts) if chance.random() < 0.95 else "nobody"
    if kind == "list":
        return RequestOrders(request_id, chance.choice((account_id, None)))
    return MassCancel(
        request_id,
        account_id,
        chance.choice((None, None, "X-USD", "Z-USD", "NONE")),
        chance.choice((None, None, None, 1, 2, 7)),
        chance.choice((None, None, None, "", "a")),
    )


def draw_guard(chance: random.Random) -> Heartbeat | SetDisconnect | SetProtection | ResetProtection:
    """What a participant guards itself by; some must be rejected. `quotes` is the group that orders name."""
    request_id = f"g{chance.randrange(1000)}"
    group = chance.choice(("quotes", "quotes", "quotes", "others", ""))
    match chance.randrange(4):
        case 0:
            return Heartbeat()
        case 1:
            return SetDisconnect(request_id, chance.choice((0, 1, 1_000, 5_000, 60_000)))
        case 2:
            window_ms, lots, fills = chance.choice((0, 100, 60_000)), chance.randrange(4), chance.randrange(3)
            return SetProtection(request_id, group, window_ms, lots, fills)
        case _:
            return ResetProtection(request_id, group)


def _about(
    chance: random.Random, accounts: Sequence[str], alive: Sequence[Name], recent: Sequence[Name]
) -> Name:
    if alive and chance.random() < 0.75:
        return chance.choice(alive)
    return chance.choice(recent) if recent else (accounts[0], "none")


def _place(
    chance: random.Random,
    account_id: str,
    client_order_id: str,
    instrument_id: str,
    price_ticks: int,
    quantity_lots: int,
) -> PlaceOrder:
    side = chance.choice((Side.BUY, Side.SELL))
    time_in_force = chance.choices((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK), (8, 1, 1))[0]
    post_only = time_in_force is TimeInForce.GTC and chance.random() < 0.15
    if chance.random() < 0.85:
        kind, limit, protection = OrderType.LIMIT, price_ticks, None
    else:
        kind, limit, protection = OrderType.MARKET, None, price_ticks
    numbers = [int(side), int(kind), int(time_in_force)]
    if chance.random() < 0.03:
        numbers[chance.randrange(3)] = chance.choice((0, 9))
    if chance.random() < 0.02:
        limit, protection = protection, limit
    return PlaceOrder(
        account_id,
        client_order_id,
        instrument_id if chance.random() < 0.98 else "NONE",
        numbers[0],
        numbers[1],
        numbers[2],
        post_only and kind is OrderType.LIMIT,
        limit,
        protection,
        quantity_lots,
    )
