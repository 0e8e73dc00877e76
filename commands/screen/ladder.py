"""The book as a ladder: asks above, bids below, the best prices next to the line between them."""

from collections.abc import Sequence
from itertools import accumulate

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bulkhead.views.questions import Ladder
from bulkhead.views.trades import Trade
from commands.screen.units import Units, aligned

BID, ASK = "green", "red"
AGGRESSOR = {"buy": BID, "sell": ASK, None: "cyan"}
MARKS = {"buy": "▲", "sell": "▼", None: "◆"}
"""None: a trade of an auction"""
MARKS_ASCII = {"buy": "^", "sell": "v", None: "="}
BAR_WIDTH_MIN = 6


class Bar:
    """A level's quantity, and behind it, dimmer, all that rests up to its price; as parts of `whole`."""

    def __init__(self, quantity: int, cumulative: int, whole: int, color: str) -> None:
        self._quantity, self._cumulative, self._whole, self._color = quantity, cumulative, whole, color

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        near = -(-self._quantity * width // self._whole)
        far = max(-(-self._cumulative * width // self._whole), near)
        solid, shade = ("#", "-") if options.ascii_only else ("█", "░")
        yield Text.assemble(
            (solid * near, Style(color=self._color)),
            (shade * (far - near), Style(color=self._color, dim=True)),
            no_wrap=True,
        )

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(BAR_WIDTH_MIN, options.max_width)


def ladder_table(ladder: Ladder, units: Units, rows: int, ascii_only: bool = False) -> Table:
    """`rows` levels of each side; missing ones are left empty, so that the middle stays where it is."""
    asks, bids = ladder["asks"][:rows], ladder["bids"][:rows]
    whole = max(sum(level[1] for level in asks), sum(level[1] for level in bids), 1)
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(justify="right", no_wrap=True, min_width=6)
    table.add_column(justify="right", no_wrap=True, min_width=10)
    table.add_column(justify="right", no_wrap=True, min_width=10)
    table.add_column(no_wrap=True, ratio=1, min_width=BAR_WIDTH_MIN)
    table.add_row(
        Text("orders", "dim"),
        Text(" ".join(("price", units.quote)).rstrip(), "dim"),
        Text(" ".join(("quantity", units.base)).rstrip(), "dim"),
        Text("depth", "dim"),
    )
    for _ in range(rows - len(asks)):
        table.add_row()
    _levels(table, asks, whole, units, ASK, worst_first=True)
    table.add_row(*_middle(ladder, units, ascii_only))
    _levels(table, bids, whole, units, BID, worst_first=False)
    for _ in range(rows - len(bids)):
        table.add_row()
    return table


def _levels(
    table: Table, levels: Sequence[Sequence[int]], whole: int, units: Units, color: str, worst_first: bool
) -> None:
    cumulative = list(accumulate(level[1] for level in levels))
    lines = list(zip(levels, cumulative, strict=True))
    for (price_ticks, quantity_lots, orders), so_far in reversed(lines) if worst_first else lines:
        table.add_row(
            Text(str(orders), "dim"),
            Text(units.price_text(price_ticks), color),
            aligned(units.quantity_text(quantity_lots), "default"),
            Bar(quantity_lots, so_far, whole, color),
        )


def _middle(ladder: Ladder, units: Units, ascii_only: bool) -> tuple[Text, Text, Text, Text]:
    """The line between the sides: the last trade under the prices, and the spread."""
    asks, bids, last = ladder["asks"], ladder["bids"], ladder["last_trade"]
    if asks and bids:
        spread = f"spread {units.price_text(asks[0][0] - bids[0][0])}"
    else:
        spread = "no asks" if bids else "no bids" if asks else "empty"
    if last is None:
        return Text("last", "dim"), Text("-", "dim"), Text("no trade yet", "dim"), Text(spread, "dim")
    return (
        Text("last", "dim"),
        _price(last, units, ascii_only, "bold "),
        aligned(units.quantity_text(last["quantity_lots"]), "default"),
        Text(spread, "dim"),
    )


def _price(trade: Trade, units: Units, ascii_only: bool, weight: str = "") -> Text:
    side = trade["aggressor_side"]
    mark = (MARKS_ASCII if ascii_only else MARKS)[side]
    void = "strike " if trade["busted"] else ""
    return Text(f"{mark} {units.price_text(trade['price_ticks'])}", f"{weight}{void}{AGGRESSOR[side]}")


def trades_table(trades: Sequence[Trade], units: Units, rows: int, ascii_only: bool = False) -> Table:
    """The newest first, in the color of the side that came and took; what an operator has busted says so."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_row(Text("trades: price", "dim"), Text("quantity", "dim"))
    for trade in trades[:rows]:
        table.add_row(
            _price(trade, units, ascii_only),
            aligned(units.quantity_text(trade["quantity_lots"]), "default"),
            Text("busted" if trade["busted"] else "", "dim"),
        )
    if not trades:
        table.add_row(Text("none yet", "dim"))
    return table
