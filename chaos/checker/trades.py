"""Trades: the public feed, the two fills and the two legs of each say the same, each exactly once; what was
busted or corrected has the legs that undo it too.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable
from typing import Any

from chaos.checker.findings import Findings
from chaos.checker.messages import AUCTION, BUY, MAKER, SELL, TAKER
from chaos.checker.reversals import SIDES, Reversals, Trade

ROLES = ((MAKER, "maker", 1), (TAKER, "taker", 1))
"""of the fills of a trade, and how often each is there"""
ROLES_IN_AUCTION = ((AUCTION, "auction", 2),)


Whose = tuple[str, int, str]
"""instrument_id, trade_id, account_id"""


class Trades:
    def __init__(self) -> None:
        self._instruments: dict[str, Any] = {}
        self._published: dict[Trade, list[Any]] = defaultdict(list)
        self._fills: dict[Trade, list[Any]] = defaultdict(list)
        self._legs: dict[Trade, list[Any]] = defaultdict(list)
        self._settling: list[list[Any]] = []
        """the legs of each stream"""
        self.reversals = Reversals()

    def __len__(self) -> int:
        return len(self._published.keys() | self._fills.keys() | self._legs.keys())

    def defined(self, instrument: Any) -> None:
        """A DefineInstrument: it says what a lot and a tick are worth."""
        self._instruments[instrument.instrument_id] = instrument

    def published(self, messages: Iterable[Any], findings: Findings) -> None:
        """The TradePublished of one book: dense from 1 by instrument, in order."""
        newest: dict[str, int] = defaultdict(int)
        for trade in messages:
            self._published[trade.instrument_id, trade.trade_id].append(trade)
            if trade.trade_id <= newest[trade.instrument_id]:
                findings.fills.is_misordered(f"{_named(trade)} is published after a later one")
            newest[trade.instrument_id] = max(newest[trade.instrument_id], trade.trade_id)
        for instrument_id, last in newest.items():
            for trade_id in range(1, last + 1):
                if (instrument_id, trade_id) not in self._published:
                    findings.fills.is_lost(f"trade {trade_id} in {instrument_id} is not in the public feed")

    def filled(self, fill: Any) -> None:
        self._fills[fill.instrument_id, fill.trade_id].append(fill)

    def settled(self, messages: Iterable[Any]) -> None:
        """The SettleLeg of one stream to a settlement shard."""
        legs = list(messages)
        self._settling.append(legs)
        for leg in legs:
            self._legs[leg.instrument_id, leg.trade_id].append(leg)

    def _judge_order(self, legs: Iterable[Any], moved: Container[Whose], findings: Findings) -> None:
        """In the order of the trades. A later one of an account that has had its leg undoes it, or is one too
        many; so may the first in this stream of an account that has `moved`.
        """
        newest: dict[str, int] = defaultdict(int)
        had: set[Whose] = set()
        for leg in legs:
            whose = leg.instrument_id, leg.trade_id, leg.account_id
            undoes = whose in had or (whose in moved and whose[:2] in self.reversals)
            had.add(whose)
            if leg.trade_id < newest[leg.instrument_id] and not undoes:
                findings.ledger.is_misordered(f"{_named(leg)} settles after a later one")
            newest[leg.instrument_id] = max(newest[leg.instrument_id], leg.trade_id)

    def _moved(self) -> set[Whose]:
        """The legs of one account in one trade that stand in several streams: it has moved between them."""
        streams = Counter(
            whose
            for legs in self._settling
            for whose in {(leg.instrument_id, leg.trade_id, leg.account_id) for leg in legs}
        )
        return {whose for whose, count in streams.items() if count > 1}

    def judge(self, findings: Findings) -> None:
        """When everything has been read."""
        moved = self._moved()
        for legs in self._settling:
            self._judge_order(legs, moved, findings)
        for trade in sorted(self._published.keys() | self._fills.keys() | self._legs.keys()):
            named = f"trade {trade[1]} in {trade[0]}"
            findings.fills.happened(f"{named} in the public feed", 1, len(self._published[trade]))
            self._judge_fills(named, trade, findings)
            if trade in self.reversals:
                self.reversals.judge(trade, self._fills[trade], findings)
                self._judge_legs_undone(named, trade, moved, findings)
            else:
                self._judge_legs(named, trade, findings)
        for instrument_id, trade_id in self.reversals:
            if (instrument_id, trade_id) not in self._fills:
                findings.fills.is_contradicted(
                    f"trade {trade_id} in {instrument_id} was undone, and not made"
                )

    def _judge_fills(self, named: str, trade: Trade, findings: Findings) -> None:
        fills, subject = self._fills[trade], findings.fills
        subject.checked += len(fills)
        auction = any(fill.role == AUCTION for fill in fills)
        for role, name, times in ROLES_IN_AUCTION if auction else ROLES:
            subject.happened(f"the {name}'s fill of {named}", times, sum(fill.role == role for fill in fills))
        if len(fills) == 2 and fills[0].side == fills[1].side:
            subject.is_contradicted(f"both fills of {named} are on one side")
        for public in self._published[trade][:1]:
            for fill in fills:
                aggressor = _aggressor(fill)
                if (fill.price_ticks, fill.quantity_lots, aggressor) != (
                    public.price_ticks,
                    public.quantity_lots,
                    public.aggressor_side,
                ) or (fill.role == MAKER and public.resting_order_id not in (0, fill.order_id)):  # 0: hidden
                    subject.is_contradicted(f"{named} is published as {public}, and was reported as {fill}")

    def _judge_legs(self, named: str, trade: Trade, findings: Findings) -> None:
        legs, subject = self._legs[trade], findings.ledger
        subject.checked += len(legs)
        for side, name in SIDES.items():
            subject.happened(f"the {name} leg of {named}", 1, sum(leg.side == side for leg in legs))
        for leg in legs:
            for fill in self._fills[trade]:
                if fill.side == leg.side:
                    self._compare(named, leg, fill, findings)

    def _judge_legs_undone(
        self, named: str, trade: Trade, moved: Container[Whose], findings: Findings
    ) -> None:
        """Of each account what its fills and the reports of what was undone say, in their order."""
        legs, subject, instrument = self._legs[trade], findings.ledger, self._instruments[trade[0]]
        subject.checked += len(legs)
        fills = self._fills[trade]
        for account_id in {fill.account_id for fill in fills} | {leg.account_id for leg in legs}:
            own = [fill for fill in fills if fill.account_id == account_id]
            expected = [
                (
                    leg.side,
                    fill.quantity_lots * instrument.lot_units,
                    leg.price_ticks * fill.quantity_lots * instrument.tick_lot_units,
                    leg.fee_amount,
                )
                for fill in own
                for leg in self.reversals.booked(fill)
            ]
            found = [
                (leg.side, leg.base_amount, leg.quote_amount, leg.fee_amount)
                for leg in legs
                if leg.account_id == account_id
            ]
            subject.happened(
                f"a leg of {named}, which was undone, of {account_id}", len(expected), len(found)
            )
            # Who traded with itself has two rows of legs, which come between each other. Which of two streams
            # comes first nothing tells.
            if len(own) > 1 or (*trade, account_id) in moved:
                expected, found = sorted(expected), sorted(found)
            if len(found) == len(expected) and found != expected:
                subject.is_contradicted(
                    f"{named} was undone: {account_id} has the legs {found}, not {expected}"
                )

    def _compare(self, named: str, leg: Any, fill: Any, findings: Findings) -> None:
        instrument = self._instruments.get(leg.instrument_id)
        if instrument is None:
            findings.ledger.is_contradicted(f"{named} settles in an instrument that nobody defined")
            return
        expected = (
            fill.account_id,
            fill.quantity_lots * instrument.lot_units,
            fill.price_ticks * fill.quantity_lots * instrument.tick_lot_units,
            fill.fee_amount,
        )
        if (leg.account_id, leg.base_amount, leg.quote_amount, leg.fee_amount) != expected:
            findings.ledger.is_contradicted(f"{named} was filled as {fill} and settles as {leg}")


def _named(message: Any) -> str:
    return f"trade {message.trade_id} in {message.instrument_id}"


def _aggressor(fill: Any) -> int | None:
    """The side that came and took, as a fill knows it; None in an auction."""
    if fill.role == AUCTION:
        return None
    side: int = fill.side if fill.role == TAKER else BUY + SELL - fill.side
    return side
