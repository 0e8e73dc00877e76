"""What people see, from plain data: prices in order, exact decimals, a height that fits."""

import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from bulkhead.views.questions import Ladder
from bulkhead.views.session import SessionView
from bulkhead.views.trades import Trade
from commands.screen.ladder import Bar, ladder_table, trades_table
from commands.screen.page import Page
from commands.screen.rates import WINDOW_S, RateMeter, rates_line
from commands.screen.shards import shard_table
from commands.screen.units import Units, aligned, rate_text

UNITS = Units(Decimal("0.01"), Decimal("0.00000001"), "BTC", "USD")
TRADES: list[Trade] = [
    {
        "trade_id": number,
        "price_ticks": 8_700_000 + number,
        "quantity_lots": 1_000_000 * number,
        "aggressor_side": "buy" if number % 2 else "sell",
        "resting_order_id": number,
        "time_ms": 1_800_000_000_000 + number,
        "busted": False,
    }
    for number in range(50, 0, -1)
]
DEEP: Ladder = {
    "instrument_id": "BTC-USD",
    "phase": "continuous",
    "bids": [[8_700_000 - 7 * n, 10_000_000 + n, n + 1] for n in range(40)],
    "asks": [[8_700_100 + 7 * n, 20_000_000 + n, n + 1] for n in range(40)],
    "last_trade": TRADES[0],
}
EMPTY: Ladder = {"instrument_id": "X", "phase": "halted", "bids": [], "asks": [], "last_trade": None}


def shown(
    renderable: RenderableType, width: int = 80, height: int = 24, encoding: str = "utf-8"
) -> list[str]:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding)
    Console(file=file, width=width, height=height, color_system=None, legacy_windows=False).print(renderable)
    file.flush()
    return raw.getvalue().decode(encoding).splitlines()


def page(
    ladder: Ladder = DEEP,
    height: int | None = None,
    rows: int | None = None,
    footer: RenderableType | None = None,
) -> Page:
    per_second, totals = {"orders": 1203.0}, {"trades": "284"}
    return Page("exchange dev", ladder, TRADES, UNITS, per_second, totals, footer, rows, height)


def price_lines(lines: list[str]) -> list[str]:
    """The first decimal with two places of each line that has one left of the trades."""
    return [line[6:19].strip(" ▲▼") for line in lines if "." in line[6:19]]


@pytest.mark.parametrize(("width", "height", "levels"), [(80, 24, 9), (120, 40, 17), (80, 10, 2)])
def test_a_page_fills_the_height_and_is_no_wider_than_the_screen(
    width: int, height: int, levels: int
) -> None:
    lines = shown(page(height=height), width, height)
    assert height - 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    asks = [UNITS.price_text(level[0]) for level in reversed(DEEP["asks"][:levels])]
    bids = [UNITS.price_text(level[0]) for level in DEEP["bids"][:levels]]
    assert price_lines(lines) == [*asks, "87,000.50", *bids]


def test_a_page_with_a_footer_gives_it_room() -> None:
    lines = shown(page(height=24, footer=Text("one\ntwo\nthree")))
    assert len(lines) <= 24
    assert [line.strip() for line in lines[-3:]] == ["one", "two", "three"]


def test_the_middle_stays_where_it_is_when_a_side_is_short() -> None:
    full = shown(page(height=24))
    short = shown(page({**DEEP, "asks": DEEP["asks"][:2]}, height=24))
    middle = next(number for number, line in enumerate(full) if "spread" in line)
    assert "spread" in short[middle]
    assert len(short) == len(full)


def test_a_narrow_page_leaves_the_trades_out_rather_than_cut_the_ladder() -> None:
    lines = shown(page(rows=3), width=50)
    assert "trades: price" not in "\n".join(lines)
    assert "87,001.00" in "\n".join(lines)
    assert "trades: price" in "\n".join(shown(page(rows=3), width=80))


def test_an_empty_book_says_so() -> None:
    text = "\n".join(shown(Page("exchange dev", EMPTY, [], UNITS)))
    assert all(words in text for words in ("halted", "empty", "no trade yet", "none yet"))


@pytest.mark.parametrize(("side", "words"), [("bids", "no bids"), ("asks", "no asks")])
def test_a_book_without_one_side_has_no_spread(side: str, words: str) -> None:
    one_sided: Ladder = {
        **DEEP,
        "bids": [] if side == "bids" else DEEP["bids"],
        "asks": [] if side == "asks" else DEEP["asks"],
    }
    text = "\n".join(shown(page(one_sided, rows=3)))
    assert words in text
    assert "spread" not in text


def test_a_page_is_plain_where_the_terminal_knows_ascii_only() -> None:
    text = "\n".join(shown(page(height=24), encoding="ascii"))
    assert "^" in text
    assert "#" in text


def test_a_bar_shows_the_level_and_behind_it_what_rests_up_to_there() -> None:
    assert shown(Bar(2, 5, 10, "green"), width=10) == ["██░░░"]
    assert shown(Bar(10, 10, 10, "green"), width=10) == ["█" * 10]
    assert shown(Bar(1, 1, 10**18, "green"), width=10) == ["█"]


def test_the_last_trade_has_the_color_of_the_side_that_took() -> None:
    for number, style in ((0, "red"), (1, "green")):
        ladder: Ladder = {**DEEP, "last_trade": TRADES[number]}
        segments = [
            (segment.text, str(segment.style))
            for segment in Console(width=80).render(ladder_table(ladder, UNITS, 1))
            if UNITS.price_text(TRADES[number]["price_ticks"]) in segment.text
        ]
        assert segments
        assert all(style in shown_style for _, shown_style in segments)


def test_trades_come_newest_first() -> None:
    lines = shown(trades_table(TRADES, UNITS, 3))
    assert [line.split()[1] for line in lines[1:]] == ["87,000.50", "87,000.49", "87,000.48"]


def test_decimals_are_exact_however_large() -> None:
    assert UNITS.price_text(2**63 - 1) == "92,233,720,368,547,758.07"
    assert Units(Decimal("0.000000000000000001"), Decimal(1)).price_text(2**63 - 1) == "9.223372036854775807"
    assert UNITS.quantity_text(1) == "0.00000001"
    assert UNITS.quantity_text(0) == "0.00000000"


def test_zeros_at_the_end_are_dim_and_still_there() -> None:
    text = aligned("1.50000", "green")
    assert text.plain == "1.50000"
    assert [(span.start, span.end) for span in text.spans if "dim" in str(span.style)] == [(3, 7)]
    assert aligned("100", "green").plain == "100"
    assert not [
        span for span in aligned("100", "green").spans if span.end > span.start and "dim" in str(span.style)
    ]


def test_a_rate_is_that_of_the_last_seconds() -> None:
    meter = RateMeter()
    assert meter.rates(100.0, {"orders": 5000}) == {"orders": 0.0}
    assert meter.rates(101.0, {"orders": 5010}) == {"orders": 10.0}
    for second in range(2, 20):
        rates = meter.rates(100.0 + second, {"orders": 5010})
    assert rates == {"orders": 0.0}
    assert meter.rates(120.0, {"orders": 5110}) == {"orders": 100 / WINDOW_S}


def test_rates_have_three_digits() -> None:
    assert [rate_text(rate) for rate in (0, 0.4, 24.54, 1203.4, 1_234_567)] == [
        "0.00",
        "0.40",
        "24.5",
        "1,203",
        "1,234,567",
    ]
    assert rates_line({"orders": 5.0}, {"trades": "7"}).plain == "orders 5.00/s  │ trades 7"


def test_the_table_of_shards_has_a_line_for_each_and_a_dash_for_what_is_not_known() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "risk/0", "pid": 12345, "lag": 0, "events": 314_057, "state": "running"},
        {"name": "book/0", "pid": None, "lag": 12, "state": "halted"},
        {"name": "view/0"},
    ]
    lines = [line.split() for line in shown(shard_table(rows)) if "/" in line]
    assert lines == [
        ["risk/0", "12345", "0", "314,057", "running"],
        ["book/0", "-", "12", "-", "halted"],
        ["view/0", "-", "-", "-", "unknown"],
    ]


def test_how_it_is_traded_stands_behind_the_phase_and_an_auction_s_trade_has_a_mark_of_its_own() -> None:
    session: SessionView = {
        "phase": "auction",
        "indicative": {
            "price_ticks": 8_700_050,
            "quantity_lots": 150_000_000,
            "market_buy_lots": 0,
            "market_sell_lots": 0,
        },
        "bands": {"low_ticks": 8_600_000, "high_ticks": None},
        "mark_price_ticks": 8_700_001,
    }
    ladder: Ladder = {**EMPTY, "phase": "auction"}
    trades: list[Trade] = [{**TRADES[0], "aggressor_side": None, "resting_order_id": None}]
    text = "\n".join(shown(Page("exchange dev", ladder, trades, UNITS, session=session), 160))
    assert "auction  indicative 87,000.50 x 1.50000000  bands 86,000.00 to open  mark 87,000.01" in text
    assert "◆ 87,000.50" in text
    assert "busted" not in text
    trades[0]["busted"] = True
    text = "\n".join(shown(Page("exchange dev", ladder, trades, UNITS, session=session), 160))
    assert "busted" in next(line for line in text.splitlines() if "◆ 87,000.50" in line)
    narrow = shown(Page("exchange dev", ladder, trades, UNITS, session=session), 60)
    assert max(map(len, narrow)) <= 60
