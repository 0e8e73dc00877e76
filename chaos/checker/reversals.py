"""Busts and corrections of trades: each is told once to the public, to risk and both sides, and settles."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from chaos.checker.findings import Findings
from chaos.checker.messages import BUY, SELL

Trade = tuple[str, int]
"""instrument_id and trade_id"""
SIDES = {BUY: "buy", SELL: "sell"}


class Booked(NamedTuple):
    """A leg that there has to be."""

    account_id: str
    side: int
    price_ticks: int
    fee_amount: int


class Reversals:
    """By trade, in the order in which they are told."""

    def __init__(self) -> None:
        self._public: dict[Trade, list[int | None]] = defaultdict(list)
        """right prices; None: a bust"""
        self._risk: dict[tuple[Trade, int], list[int | None]] = defaultdict(list)
        """likewise, of each side"""
        self._reports: dict[tuple[Trade, int], list[Any]] = defaultdict(list)

    def __contains__(self, trade: Trade) -> bool:
        return any((trade, side) in self._reports or (trade, side) in self._risk for side in SIDES) or bool(
            self._public.get(trade)
        )

    def __iter__(self) -> Iterator[Trade]:
        told = self._reports.keys() | self._risk.keys()
        return iter({trade for trade, _ in told} | self._public.keys())

    def __len__(self) -> int:
        """Busts and corrections, as the public was told."""
        return sum(map(len, self._public.values()))

    def published(self, message: Any) -> None:
        """A TradeBustPublished or a TradeCorrectionPublished."""
        self._public[_trade(message)].append(getattr(message, "price_ticks", None))

    def told_to_risk(self, message: Any) -> None:
        """A FillReversed."""
        self._risk[_trade(message), message.side].append(message.corrected_price_ticks)

    def reported(self, report: Any) -> None:
        """A TradeBusted or a TradeCorrected."""
        self._reports[_trade(report), report.side].append(report)

    def judge(self, trade: Trade, fills: Iterable[Any], findings: Findings) -> None:
        """Everybody was told the same, of what the fills had moved and of nothing after a bust."""
        subject, public = findings.fills, self._public[trade]
        named = f"busts and corrections of trade {trade[1]} in {trade[0]}"
        subject.checked += len(public)
        for side, name in SIDES.items():
            reports = [_right_price(report) for report in self._reports[trade, side]]
            for whom, told in (("risk", self._risk[trade, side]), (f"who had to {name}", reports)):
                subject.happened(f"{named}, told to {whom} of the side to {name}", len(public), len(told))
                if len(told) == len(public) and told != public:
                    subject.is_contradicted(f"{named}: the public was told {public}, {whom} {told}")
        if None in public[:-1]:
            subject.is_contradicted(f"{named}: it was changed after it was void: {public}")
        for fill in fills:
            price_ticks: int | None = fill.price_ticks
            fee_amount = fill.fee_amount
            for report in self._reports[trade, fill.side]:
                if _undone(report) != (price_ticks, fee_amount) or report.order_id != fill.order_id:
                    subject.is_contradicted(f"{named}: {report} undoes {price_ticks}, fee {fee_amount}")
                price_ticks, fee_amount = _right_price(report), report.fee_amount

    def booked(self, fill: Any) -> list[Booked]:
        """The legs of a fill: its own, and what undoes it and does it again."""
        account_id, side = fill.account_id, fill.side
        legs = [Booked(account_id, side, fill.price_ticks, fill.fee_amount)]
        for report in self._reports[_trade(fill), side]:
            price_ticks, fee_amount = _undone(report)
            legs.append(Booked(account_id, BUY + SELL - side, price_ticks, -fee_amount))
            if _right_price(report) is not None:
                legs.append(Booked(account_id, side, report.price_ticks, report.fee_amount))
        return legs


def _trade(message: Any) -> Trade:
    return message.instrument_id, message.trade_id


def _right_price(report: Any) -> int | None:
    """None: of a bust."""
    return report.price_ticks if hasattr(report, "previous_price_ticks") else None


def _undone(report: Any) -> tuple[int, int]:
    """The price and the fee that are undone."""
    if hasattr(report, "previous_price_ticks"):
        return report.previous_price_ticks, report.previous_fee_amount
    return report.price_ticks, report.fee_amount
