"""Random histories of commands for a book, as the runner's lines.

Few prices and quantities, so that orders meet and levels deepen. The orders of a history are numbered as they
come, now and then with an id that has been used; a cancel or replace means one of the last.
"""

from typing import Any

from hypothesis import strategies as st

Command = dict[str, Any]

INSTRUMENT = {"type": "instrument", "instrument_id": "X", "tick": 1, "lot": 1, "matching": "price_time"}

PARTS = ("entry", "limit", "stop")
"""The orders of a pair or a bracket."""

_ids = st.integers(1, 12)
_prices = st.integers(98, 104)
_lots = st.integers(1, 9)
_times = st.integers(1, 6)
_odd_lots = st.sampled_from([0, -1, 2**62, 2**62 + 1])
_odd_prices = st.sampled_from([2**62 + 1, -(2**62) - 1, 2**62])


def _place(order_id: int, side: str, price: int, lots: int, more: Command) -> Command:
    return {
        "type": "place",
        "order_id": order_id,
        "account_id": "a",
        "side": side,
        "price_ticks": price,
        "quantity_lots": lots,
        **more,
    }


def _places(lots: st.SearchStrategy[int], prices: st.SearchStrategy[int], **more: Any) -> Any:
    terms = st.fixed_dictionaries({}, optional=more)
    return st.builds(_place, _ids, st.sampled_from(["buy", "sell"]), prices, lots, terms)


_plain = _places(_lots, _prices)
_known = _places(
    _lots | _odd_lots,
    _prices | _odd_prices,
    order_type=st.sampled_from(["limit", "market"]),
    time_in_force=st.sampled_from(["gtc", "ioc", "fok"]),
    post_only=st.booleans(),
)
_cancels = st.builds(lambda order_id: {"type": "cancel", "order_id": order_id}, _ids)


def _replaces(**more: Any) -> Any:
    fields = {"price_ticks": _prices, "quantity_lots": _lots | st.just(0), **more}
    return st.builds(
        lambda order_id, changes: {"type": "replace", "order_id": order_id, **changes},
        _ids,
        st.fixed_dictionaries({}, optional=fields),
    )


_simple = st.one_of(_plain, _plain, _known, _known, _cancels, _replaces(), _replaces())


def _numbered(history: list[Command]) -> list[Command]:
    placed, numbered = 0, []

    def named(command: Command, is_new: bool) -> Command:
        nonlocal placed
        drawn = command["order_id"]
        if is_new and drawn > 1:
            placed += 1
            drawn = 1
        return {**command, "order_id": max(1, placed + 1 - drawn)}

    for command in history:
        if "order_id" in command:
            numbered.append(named(command, command["type"] == "place"))
        elif command["type"] == "mass_quote":
            quotes = [named(quote, quote["order_id"] > 8) for quote in command["quotes"]]
            numbered.append({**command, "quotes": quotes})
        elif command["type"] in ("pair", "bracket"):
            parts = {name: named(command[name], True) for name in PARTS if name in command}
            numbered.append({**command, **parts})
        else:
            numbered.append(command)
    return numbered


def _lists(commands: st.SearchStrategy[Command], least: int, most: int) -> st.SearchStrategy[list[Command]]:
    return st.lists(commands, min_size=least, max_size=most)


simple_histories = _lists(_simple, 0, 60).map(_numbered) | _lists(_simple, 30, 60).map(_numbered)
"""Limit and market orders, cancel and replace, in continuous trading."""

_stp_modes = st.sampled_from(["cancel_aggressor", "cancel_resting", "cancel_both", "decrement"])
_special = _places(
    _lots,
    _prices,
    display_lots=st.integers(0, 4),
    min_quantity_lots=st.integers(1, 8),
    post_only=st.booleans(),
    time_in_force=st.sampled_from(["gtc", "ioc", "fok", "day"]),
    order_type=st.sampled_from(["limit", "limit", "market", "market_to_limit"]),
)
_grouped = st.builds(
    lambda place, group, mode: {**place, "stp_group": group, "stp_mode": mode},
    _places(
        _lots,
        _prices,
        display_lots=st.integers(0, 4),
        min_quantity_lots=st.integers(1, 8),
        order_type=st.sampled_from(["limit", "limit", "market", "market_to_limit"]),
        time_in_force=st.sampled_from(["gtc", "ioc", "fok"]),
        post_only=st.booleans(),
    ),
    st.sampled_from(["g", "g", "g", 7]),
    _stp_modes,
)
_waiting = st.builds(
    lambda place, stop, trail: {**place, "stop_price_ticks": stop, "trail_ticks": trail},
    _places(
        _lots,
        _prices,
        order_type=st.sampled_from(["stop", "stop_limit", "trailing_stop"]),
        trigger=st.sampled_from(["last", "mark"]),
        stp_group=st.just("g"),
        stp_mode=_stp_modes,
        slide_ticks=st.integers(1, 2),
        display_lots=st.integers(0, 3),
        min_quantity_lots=st.integers(1, 4),
        post_only=st.booleans(),
        time_in_force=st.sampled_from(["gtc", "ioc", "fok", "day", "at_open"]),
    ),
    _prices,
    st.integers(0, 3),
).flatmap(
    # A trailing stop may begin at the last price.
    lambda place: st.sampled_from(
        [place, {k: v for k, v in place.items() if k != "stop_price_ticks"}]
        if place.get("order_type") == "trailing_stop"
        else [place]
    )
)
_slides = st.builds(
    lambda place, ticks: {**place, "post_only": True, "slide_ticks": ticks},
    _places(
        _lots,
        _prices,
        order_type=st.sampled_from(["limit", "market"]),
        display_lots=st.integers(0, 3),
        account_id=st.just("b"),
        quote_group=st.just("q"),
    ),
    st.integers(1, 2),
)
_marks = _prices.map(lambda price: {"type": "mark_price", "price_ticks": price})
_mass_cancels = st.fixed_dictionaries(
    {"type": st.just("mass_cancel")},
    optional={
        "account_id": st.sampled_from(["a", "b"]),
        "side": st.sampled_from(["buy", "sell"]),
        "quote_group": st.just("q"),
    },
)
_timed = st.builds(
    lambda place, time: {**place, "time_in_force": "gtd", "expire_time_ms": time},
    _places(_lots, _prices, display_lots=st.integers(0, 4)),
    _times,
)
_auction_only = _places(
    _lots,
    _prices,
    order_type=st.sampled_from(["limit", "market", "market_to_limit"]),
    time_in_force=st.sampled_from(["at_open", "at_close", "gtc", "ioc", "day"]),
    display_lots=st.integers(0, 4),
    post_only=st.sampled_from([False, False, True]),
)
_all_replaces = _replaces(
    stop_price_ticks=_prices,
    min_quantity_lots=st.integers(1, 5),
    display_lots=st.integers(0, 4),
    expire_time_ms=_times,
)


def _without_type(place: Command) -> Command:
    return {name: value for name, value in place.items() if name != "type"}


_limits = _places(
    _lots,
    _prices,
    display_lots=st.integers(0, 4),
    min_quantity_lots=st.integers(1, 4),
    post_only=st.sampled_from([False, False, True]),
    time_in_force=st.sampled_from(["gtc", "gtc", "gtc", "day", "ioc"]),
    stp_group=st.just("g"),
    stp_mode=_stp_modes,
)
_entries = st.one_of(_plain, _plain, _special, _grouped, _waiting)


def _opposed(bracket: Command) -> Command:
    """Exits on the other side than their entry, most of the time: else it is refused."""
    side = {"buy": "sell", "sell": "buy"}[bracket["entry"]["side"]]
    return {
        **bracket,
        "limit": {**bracket["limit"], "side": side, "post_only": False},
        "stop": {**bracket["stop"], "side": side, "post_only": False},
    }


_pairs = st.builds(
    lambda limit, stop: {"type": "pair", "limit": limit, "stop": {**stop, "side": limit["side"]}},
    _limits.map(_without_type),
    _waiting.map(_without_type),
)
_loose_brackets = st.builds(
    lambda entry, limit, stop: {"type": "bracket", "entry": entry, "limit": limit, "stop": stop},
    _entries.map(_without_type),
    _limits.map(_without_type),
    _waiting.map(_without_type),
)
_brackets = st.one_of(_loose_brackets, *[_loose_brackets.map(_opposed)] * 5)
_quotes = st.fixed_dictionaries(
    {
        "order_id": _ids,
        "side": st.sampled_from(["buy", "sell"]),
        "price_ticks": _prices,
        "quantity_lots": _lots | st.just(0),
    },
    optional={"stp_group": st.just("g"), "stp_mode": _stp_modes},
)
_mass_quotes = st.builds(
    lambda quotes: {"type": "mass_quote", "account_id": "b", "quote_group": "q", "quotes": quotes},
    st.lists(_quotes, min_size=1, max_size=4),
)
_several = st.one_of(_pairs, _brackets, _brackets, _mass_quotes, _mass_quotes)
"""Commands of more than one order."""

_phases = st.sampled_from(
    ["continuous", "continuous", "pre_open", "auction", "closing_auction", "halted", "closed"]
).map(lambda phase: {"type": "phase", "phase": phase})
_ticks = _times.map(lambda time: {"type": "tick", "time_ms": time})
_uncrosses = st.just({"type": "uncross"})
_questions = st.just({"type": "indicative"})

_anything = st.one_of(
    _plain,
    _plain,
    _special,
    _special,
    _grouped,
    _grouped,
    _waiting,
    _waiting,
    _timed,
    _slides,
    _marks,
    _cancels,
    _all_replaces,
    _all_replaces,
    _ticks,
    _several,
    _several,
)
_bands = st.fixed_dictionaries(
    {"type": st.just("bands")},
    optional={
        "static_ticks": st.integers(0, 4),
        "dynamic_ticks": st.integers(0, 3),
        "reference_ticks": _prices,
    },
)
_banded = st.builds(
    lambda bands, before, uncross, after: [bands, *before, uncross, *after],
    _bands,
    _lists(st.one_of(_anything, _anything, _plain, _bands), 10, 30),
    st.sampled_from([{"type": "uncross"}, {"type": "phase", "phase": "continuous"}]),
    _lists(_anything, 0, 20),
)
_gathered = st.one_of(
    _plain,
    _plain,
    _auction_only,
    _auction_only,
    _special,
    _waiting,
    _all_replaces,
    _cancels,
    _questions,
    _several,
)
_call = st.builds(
    lambda before, phase, gathered, end, after: [*before, phase, *gathered, end, *after],
    _lists(_anything, 0, 15),
    st.sampled_from(["auction", "pre_open"]).map(lambda phase: {"type": "phase", "phase": phase}),
    _lists(_gathered, 8, 30),
    st.sampled_from([{"type": "uncross"}, {"type": "uncross"}, {"type": "phase", "phase": "continuous"}]),
    _lists(_anything, 0, 15),
)
_everything = st.one_of(
    _anything, _anything, _anything, _auction_only, _mass_cancels, _phases, _uncrosses, _questions
)

histories = st.one_of(
    _lists(_anything, 0, 50),
    _lists(_anything, 25, 60),
    _call,
    _call,
    _banded,
    _lists(_everything, 10, 50),
).map(_numbered)
"""Every command; in continuous trading, with price bands, with a call phase in the middle, in every phase."""

_standing_quotes = st.builds(
    # A market maker's own four quotes, two of each side, named again and again.
    lambda quote, order_id: {**quote, "order_id": order_id, "side": ("sell", "buy")[order_id % 2]},
    _quotes,
    st.integers(1, 4),
)
_requotes = st.builds(
    lambda quotes: {"type": "mass_quote", "account_id": "b", "quote_group": "q", "quotes": quotes},
    st.lists(_standing_quotes, min_size=1, max_size=4, unique_by=lambda quote: quote["order_id"]),
)
_strangers = st.builds(lambda place, number: {**place, "order_id": 4 + number}, _plain, st.integers(1, 60))
quote_histories = _lists(st.one_of(_requotes, _requotes, _strangers), 5, 40)
"""Mass quotes that move, reduce and withdraw what they set before, among orders that trade with them."""

_deep = _places(
    st.integers(1, 40),
    _prices,
    display_lots=st.integers(1, 6),
    time_in_force=st.sampled_from(["gtc", "day", "at_open"]),
)
deep_auctions = st.builds(
    lambda gathered, after: [{"type": "phase", "phase": "auction"}, *gathered, {"type": "uncross"}, *after],
    _lists(st.one_of(_deep, _deep, _deep, _all_replaces), 5, 30),
    _lists(st.one_of(_plain, _deep, _cancels), 0, 20),
).map(_numbered)
"""Auctions whose icebergs trade many slices at once."""
