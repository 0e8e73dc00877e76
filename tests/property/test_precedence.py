"""Of all reasons that hold for a command the one that precedes is told, whatever else holds: of an order, a
replace, a pair, a bracket, a mass quote and a mass cancel. Where none holds it is taken.

One exchange for each kind of command serves all examples: what was taken is canceled again.
"""

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import MassCancel, MassCanceled
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import ReplaceOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.messages.reports import OrderAccepted, OrderReplaced
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from tests.property.precedence import (
    ACCOUNT,
    CHEAP,
    GOOD,
    GUARDS,
    INSTRUMENT,
    LIVE,
    MORE,
    OF_COMMANDS,
    OF_ONE_ORDER,
    OTHER,
    PRICE,
    QUANTITY,
    STATES,
    SUMS,
    TERMS,
    Case,
    Kind,
    Options,
    setting_for,
    values_of,
)

ORDERS: dict[str, Options] = {
    "account_id": ACCOUNT,
    "client_order_id": [("new", None), ("other", Reason.CLIENT_ORDER_ID_REPEATED)],
    "instrument_id": INSTRUMENT,
    "time_in_force": [(TimeInForce.GTC, None), (TimeInForce.IOC, None), (9, Reason.TIME_IN_FORCE)],
    "price_ticks": PRICE,
    "terms": TERMS,
    "quantity_lots": QUANTITY,
}

STOP = replace(
    GOOD,
    client_order_id="stop",
    order_type=OrderType.STOP,
    price_ticks=None,
    protection_price_ticks=106,
    terms=OrderTerms(stop_price_ticks=104),
)
STOPS = ("killed", "disconnected", "collared")


def _judge_order(case: Case) -> None:
    setting = setting_for("order", OTHER)
    setting.hold(case)
    reports = setting.say(setting.order(GOOD, *case.fields), setting.canceler if case.by_other else None)
    setting.judge(reports, case.reasons(), OrderAccepted)


REPLACES: dict[str, Options] = {
    "account_id": ACCOUNT,
    "client_order_id": [("live", None), ("nothing", Reason.ORDER_UNKNOWN)],
    "price_ticks": PRICE,
    "quantity_lots": [*QUANTITY, (MORE, None)],
    "stop_price_ticks": [(None, None), (104, Reason.TERM_UNEXPECTED)],
}


def _judge_replace(case: Case) -> None:
    """Limits of new orders are none of a replace's; a sum is held against what adds to it. Of an order that
    is not there nothing more is known.
    """
    setting = setting_for("replace", LIVE)
    setting.hold(case)
    (fields,) = case.fields
    named = values_of(fields) | {"client_order_id": setting.name(fields["client_order_id"][0])}
    reports = setting.say(ReplaceOrder(**named), setting.canceler if case.by_other else None)
    adds = fields["quantity_lots"][0] > CHEAP
    reasons = case.reasons(OF_ONE_ORDER + OF_COMMANDS + (SUMS if adds else []))
    if Reason.ORDER_UNKNOWN in reasons:
        reasons = [each for each in reasons if each in KNOWN_OF_NO_ORDER]
    setting.judge(reports, reasons, OrderReplaced)


KNOWN_OF_NO_ORDER = frozenset(
    {
        Reason.KEY_PERMISSION,
        Reason.ACCOUNT_UNKNOWN,
        *STATES.values(),
        Reason.DISCONNECTED,
        Reason.ORDER_UNKNOWN,
    }
)
LIMIT_LEG: dict[str, Options] = {
    "time_in_force": [(TimeInForce.GTC, None), (TimeInForce.DAY, None), (TimeInForce.IOC, Reason.LINK)],
    "price_ticks": PRICE,
    "terms": TERMS,
}
STOP_LEG: dict[str, Options] = {
    "side": [(Side.BUY, None), (Side.SELL, Reason.LINK)],
    "client_order_id": [("stop", None), ("new", Reason.CLIENT_ORDER_ID_REPEATED)],
    "time_in_force": [(TimeInForce.GTC, None), (9, Reason.TIME_IN_FORCE)],
    "protection_price_ticks": [(106, None), (105, Reason.PRICE_INCREMENT)],
}
SHARED: dict[str, Options] = {
    "account_id": ACCOUNT,
    "instrument_id": INSTRUMENT,
    "quantity_lots": QUANTITY,
}
"""by all orders of a pair or a bracket"""


def _judge_pair(case: Case) -> None:
    setting = setting_for("pair", OTHER)
    setting.hold(case)
    shared, limit, stop = case.fields
    pair = PlacePair(setting.order(GOOD, shared, limit), setting.order(STOP, shared, stop))
    reports = setting.say(pair, setting.canceler if case.by_other else None)
    setting.judge(reports, case.reasons(), OrderAccepted)


ENTRY: dict[str, Options] = {
    "client_order_id": [("new", None), ("other", Reason.CLIENT_ORDER_ID_REPEATED)],
    "time_in_force": [(TimeInForce.GTC, None), (TimeInForce.IOC, None), (9, Reason.TIME_IN_FORCE)],
    "price_ticks": PRICE,
    "terms": TERMS,
}
EXITS: dict[str, Options] = {
    "side": [(Side.SELL, None), (Side.BUY, Reason.LINK)],
    "post_only": [(False, None), (True, Reason.LINK)],
}


def _judge_bracket(case: Case) -> None:
    """Its exits sell what its entry buys."""
    setting = setting_for("bracket", OTHER)
    setting.hold(case)
    shared, entry, exits = case.fields
    side = {"side": exits["side"]}
    bracket = PlaceBracket(
        setting.order(GOOD, shared, entry),
        setting.order(replace(GOOD, client_order_id="limit", price_ticks=108), shared, exits),
        setting.order(
            replace(STOP, protection_price_ticks=94, terms=OrderTerms(stop_price_ticks=96)), shared, side
        ),
    )
    reports = setting.say(bracket, setting.canceler if case.by_other else None)
    setting.judge(reports, case.reasons(), OrderAccepted)


BUY_QUOTE: dict[str, Options] = {
    "client_order_id": [("b", None), ("", Reason.CLIENT_ORDER_ID)],
    "side": [(Side.BUY, None), (7, Reason.SIDE)],
    "price_ticks": PRICE,
    "quantity_lots": QUANTITY,
}
SELL_QUOTE: dict[str, Options] = {
    "client_order_id": [("s", None), ("other", Reason.QUOTE_OTHER), ("b", Reason.CLIENT_ORDER_ID_REPEATED)],
    "price_ticks": [(104, None), (98, Reason.QUOTES_CROSSED)],
}
MASS_QUOTES: dict[str, Options] = {
    "account_id": ACCOUNT,
    "instrument_id": INSTRUMENT,
    "quote_group": [("g", None), ("", Reason.GROUP)],
    "quotes": [(2, None), (0, Reason.QUOTE_COUNT), (33, Reason.QUOTE_COUNT)],
}


def _judge_mass_quote(case: Case) -> None:
    setting = setting_for("quotes", OTHER)
    setting.hold(case)
    whole, buy, sell = map(values_of, case.fields)
    quotes = [
        Quote(**fields | {"client_order_id": setting.name(fields["client_order_id"])})
        for fields in (buy, sell | {"side": Side.SELL, "quantity_lots": CHEAP})
    ]
    many = tuple((quotes * 17)[: whole["quotes"]])
    reports = setting.say(
        MassQuote("q", **whole | {"quotes": many}), setting.canceler if case.by_other else None
    )
    setting.judge(reports, _of_quotes(case, whole, buy, sell), OrderAccepted)


def _of_quotes(
    case: Case, whole: dict[str, Any], buy: dict[str, Any], sell: dict[str, Any]
) -> list[Reason | None]:
    reasons = case.reasons()
    if not whole["quotes"]:  # it withdraws nothing and sets nothing: nobody is stopped from that
        stops = {Reason.KILLED, Reason.PROTECTED, Reason.DISCONNECTED, Reason.ACCOUNT_CLOSE_ONLY}
        stops.add(Reason.INSTRUMENT_HALTED)
        return [each for each in reasons if each not in stops]
    if whole["quote_group"] != "g":
        reasons = [each for each in reasons if each is not Reason.PROTECTED]
    if sell["client_order_id"] == "b":
        if buy["client_order_id"] == "b":  # named twice, the second is what is held against a sum
            of_the_first = {Reason.BALANCE, Reason.POSITION_LIMIT, Reason.CREDIT_LIMIT}
            return [each for each in reasons if each not in of_the_first]
        reasons.remove(Reason.CLIENT_ORDER_ID_REPEATED)
    return reasons


MASS_CANCELS: dict[str, Options] = {
    "account_id": ACCOUNT,
    "instrument_id": [(None, None), *INSTRUMENT[:2], ("Z-USD.halted", None)],
    "side": [(None, None), (Side.BUY, None), (7, Reason.SIDE)],
    "quote_group": [(None, None), ("g", None)],
}


def _judge_mass_cancel(case: Case) -> None:
    """No limit is held against it, and nothing that stops new orders but a suspended account."""
    setting = setting_for("mass cancel")
    setting.hold(case)
    (fields,) = case.fields
    reports = setting.say(MassCancel("m", **values_of(fields)), setting.reader if case.by_other else None)
    held = case._replace(held=frozenset()).reasons(())
    setting.judge(reports, [each for each in held if each is not Reason.ACCOUNT_CLOSE_ONLY], MassCanceled)


KINDS = {
    "order": Kind((ORDERS,), STOPS, _judge_order),
    "replace": Kind((REPLACES,), ("disconnected", "collared"), _judge_replace),
    "pair": Kind((SHARED, LIMIT_LEG, STOP_LEG), STOPS, _judge_pair),
    "bracket": Kind((SHARED, ENTRY, EXITS), STOPS, _judge_bracket),
    "mass quote": Kind((MASS_QUOTES, BUY_QUOTE, SELL_QUOTE), tuple(GUARDS), _judge_mass_quote),
    "mass cancel": Kind((MASS_CANCELS,), STOPS, _judge_mass_cancel),
}


@pytest.mark.parametrize("name", KINDS)
def test_of_each_two_reasons_that_hold_the_one_that_precedes_is_told(name: str) -> None:
    kind = KINDS[name]
    unusual = kind.unusual()
    for those in [(), *combinations(unusual, 1), *combinations(unusual, 2)]:
        kind.judge(kind.case(those))


@pytest.mark.parametrize("name", KINDS)
@given(st.data())
def test_of_all_reasons_that_hold_the_one_that_precedes_is_told(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    kind.judge(kind.case(data.draw(st.lists(st.sampled_from(kind.unusual()), max_size=5))))
