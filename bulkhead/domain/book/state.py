"""The canonical plain state of a book, and the way back from it.

Two books that behave alike have the same state: orders stand in priority order, nothing depends on the
history that led there. All values are integers, texts or None, so that any codec takes it.
"""

from typing import Any, NotRequired, TypedDict

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.book_rules import PLAIN_RULES, BookRules
from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.expiry import expect_end
from bulkhead.domain.book.link import Link
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.parked import park
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import BUY, SELL, UNPRICED_TYPES
from bulkhead.domain.terms import OrderType, Phase, Side, StpMode, TimeInForce

Row = list[Any]
"""An order: [order_id, price_ticks, remaining_lots, executed_lots, order_type, time_in_force, post_only]
and, where it has special terms, one entry more: [display_lots, shown_lots, min_quantity_lots, stp_group,
stp_mode, stop_price_ticks, trail_ticks, expire_time_ms, on_mark, slide_ticks]. `post_only` and `on_mark`
are 0 or 1.
"""


class BookState(TypedDict):
    """`bids` and `asks`: rows, best first, in one queue oldest first. An order's `owner` is its caller's
    and isn't here: `Book.order` finds the order to attach it to again.

    Absent where there is nothing to say: `time_ms` (0), `gathered` (no order has since the last uncross),
    `stops` and `parked` (rows that begin with the side, by arrival; none), `links` (limit order, stop, entry
    or None, what has traded of it; by the first; none), `rules` (the least slice, 1 if auction orders may
    come early; plain ones), `indicative` (told last: price and quantity; that nothing would trade),
    `reference_ticks` and `mark_price_ticks` (none), `bands` (static and dynamic width; none), `pro_rata`
    (top_order as 0 or 1, minimum; by time), `tops` (the bids' and the
    asks' top order; neither).
    """

    phase: int
    last_price_ticks: int | None
    bids: list[Row]
    asks: list[Row]
    time_ms: NotRequired[int]
    gathered: NotRequired[int]
    stops: NotRequired[list[Row]]
    parked: NotRequired[list[Row]]
    links: NotRequired[list[Row]]
    rules: NotRequired[list[int]]
    indicative: NotRequired[list[int | None]]
    reference_ticks: NotRequired[int]
    mark_price_ticks: NotRequired[int]
    bands: NotRequired[list[int | None]]
    pro_rata: NotRequired[list[int]]
    tops: NotRequired[list[int | None]]


def state(book: Contents) -> BookState:
    """The book as plain structures; later commands do not change them."""
    saved: BookState = {
        "phase": int(book.phase),
        "last_price_ticks": book.last_price_ticks,
        "bids": [_row(order) for order in book.bids],
        "asks": [_row(order) for order in book.asks],
    }
    if book.reference_ticks is not None:
        saved["reference_ticks"] = book.reference_ticks
    if book.mark_price_ticks is not None:
        saved["mark_price_ticks"] = book.mark_price_ticks
    if book.bands is not None:
        saved["bands"] = [book.bands.static_ticks, book.bands.dynamic_ticks]
    rule = book.bids.pro_rata
    if rule is not None:
        saved["pro_rata"] = [int(rule.top_order), rule.minimum_lots]
    tops = [_top(book, book.bids), _top(book, book.asks)]
    if tops != [None, None]:
        saved["tops"] = tops
    if book.time_ms:
        saved["time_ms"] = book.time_ms
    if book.gathered:
        saved["gathered"] = 1
    if book.stops.orders:
        saved["stops"] = [[int(order.side), *_row(order)] for order in book.stops]
    _add_parked(book, saved)
    if book.indicative != (None, 0):
        saved["indicative"] = list(book.indicative)
    return saved


def pro_rata(saved: BookState) -> ProRata | None:
    """How the orders of a price share, as a book is made with it."""
    if "pro_rata" not in saved:
        return None
    top_order, minimum_lots = saved["pro_rata"]
    return ProRata(bool(top_order), minimum_lots)


def rules(saved: BookState) -> BookRules:
    """What the instrument asks of its orders, as a book is made with it."""
    if "rules" not in saved:
        return PLAIN_RULES
    least_display_lots, early_auction_orders = saved["rules"]
    return BookRules(least_display_lots, bool(early_auction_orders))


def load(book: Contents, saved: BookState) -> None:
    """Fill an empty book with what `state` gave."""
    book.phase = Phase(saved["phase"])
    book.last_price_ticks = saved["last_price_ticks"]
    book.time_ms = saved.get("time_ms", 0)
    book.reference_ticks = saved.get("reference_ticks")
    book.mark_price_ticks = saved.get("mark_price_ticks")
    if "bands" in saved:
        book.bands = Bands(*saved["bands"])
    book.gathered = bool(saved.get("gathered", 0))
    _load_side(book, book.bids, BUY, saved["bids"])
    _load_side(book, book.asks, SELL, saved["asks"])
    for orders, top in zip((book.bids, book.asks), saved.get("tops", (None, None)), strict=True):
        orders.top = None if top is None else book.live[top]
    for side, *row in saved.get("stops", ()):
        order = _order(Side(side), row)
        book.stops.add(order)
        _enlist(book, order)
    for side, *row in saved.get("parked", ()):
        order = _order(Side(side), row)
        park(book, order)
        expect_end(book, order)
    for limit_id, stop_id, entry_id, filled_lots in saved.get("links", ()):
        link = Link(book.live[limit_id], book.live[stop_id], entry_id, filled_lots)
        book.links.update(dict.fromkeys(link.order_ids(), link))
    book.quiet = not book.stops.orders and not book.links
    price_ticks, quantity_lots = saved.get("indicative", (None, 0))
    book.indicative = price_ticks, quantity_lots or 0


def _add_parked(book: Contents, saved: BookState) -> None:
    """What most books have none of: orders that are parked or linked, rules of their own."""
    if book.parked:
        saved["parked"] = [[int(order.side), *_row(order)] for order in book.parked.values()]
    if book.links:
        links = {link.limit.order_id: link for link in book.links.values()}
        saved["links"] = [
            [limit_id, links[limit_id].stop.order_id, links[limit_id].entry_id, links[limit_id].filled_lots]
            for limit_id in sorted(links)
        ]
    if book.rules != PLAIN_RULES:
        saved["rules"] = [book.rules.least_display_lots, int(book.rules.early_auction_orders)]


def _top(book: Contents, orders: BookSide) -> int | None:
    """The top order of a side, while it is there."""
    top = orders.top
    return None if top is None or book.live.get(top.order_id) is not top else top.order_id


def _row(order: BookOrder) -> Row:
    row: Row = [
        order.order_id,
        order.price_ticks,
        order.remaining_lots,
        order.executed_lots,
        int(order.order_type),
        int(order.time_in_force),
        int(order.post_only),
    ]
    if order.special is not None:
        terms = _terms(order.special)
        if terms != _NO_TERMS:
            row.append(terms)
    return row


def _terms(special: Special) -> list[Any]:
    return [
        special.display_lots,
        special.shown_lots,
        special.min_quantity_lots,
        special.stp_group,
        int(special.stp_mode),
        special.stop_price_ticks,
        special.trail_ticks,
        special.expire_time_ms,
        int(special.on_mark),
        special.slide_ticks,
    ]


_NO_TERMS = _terms(Special())
_TYPES = {int(order_type): order_type for order_type in OrderType}
_TIMES = {int(time_in_force): time_in_force for time_in_force in TimeInForce}
"""A tenth of the time of OrderType(1), of which a book of a million orders needs a million."""


def _load_side(book: Contents, orders: BookSide, side: Side, rows: list[Row]) -> None:
    for row in rows:
        order = _order(side, row)
        orders.add(order)
        _enlist(book, order)


def _order(side: Side, row: Row) -> BookOrder:
    order_id, price_ticks, remaining_lots, executed_lots, order_type, time_in_force, post_only, *more = row
    order = BookOrder(
        order_id,
        side,
        price_ticks,
        remaining_lots,
        _TYPES[order_type],
        _TIMES[time_in_force],
        bool(post_only),
        executed_lots=executed_lots,
    )
    if more:
        display_lots, shown_lots, least, group, mode, stop_ticks, trail_ticks, end_ms, on_mark, slide = more[
            0
        ]
        order.special = Special(
            display_lots,
            least,
            group,
            StpMode(mode),
            stop_ticks,
            trail_ticks,
            end_ms,
            bool(on_mark),
            slide,
            shown_lots,
        )
    elif order.order_type in UNPRICED_TYPES:
        order.special = Special()  # as `gather` does
    return order


def _enlist(book: Contents, order: BookOrder) -> None:
    book.live[order.order_id] = order
    expect_end(book, order)
