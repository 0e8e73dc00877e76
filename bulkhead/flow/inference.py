"""What the rows of the recording mean for this exchange, each conclusion counted.

docs/flow.md explains the conclusions. The rows are taken in the order of the file, against a book that
follows them: whether an order met something when it came is seen there, not guessed from its fate.
"""

from collections import Counter
from collections.abc import Sequence

from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.flow.followed import FollowedBook, Resting
from bulkhead.flow.owners import account_of, owner_of_level, owner_of_taker
from bulkhead.flow.recording import Effect, FlowCommand, Inference, Kind, RecordedTrade
from bulkhead.flow.rows import Row

MARKET_BUY_TICKS = 99999999900
"""The venue writes 999999999 where a market order to buy has no price, and 0 where one to sell has none."""

PROTECTION_PERCENT = 1
"""How far past the worst price that it got a market order's protection price is set."""

EXPLANATIONS = {
    "opening_orders": "the rows at the snapshot's time are the opening book: placed like any other order",
    "opening_orders_gone": "an opening order that trades pass through, deleted only when the capture ends,"
    " was gone in truth: it is not placed",
    "bids_at_zero": "the snapshot rounds prices below a dollar to 0; such a bid is placed at one tick,"
    " where it keeps its place below all others",
    "market_orders": "price 999999999 to buy or 0 to sell: a market order; its protection price is"
    f" {PROTECTION_PERCENT} % past the worst price it got",
    "volumes_from_trades": "a market order recorded with volume 0 has the volume of its trades",
    "post_only_refused": "created at a price that meets the other side, and deleted without a trade: a"
    " post-only order that the venue refused, and that is refused here",
    "immediate_or_cancel": "traded, and the rest was deleted in the same millisecond: immediate or cancel",
    "fills_by_changed": "a changed row repeats a fill that the book here makes by itself: no command",
    "fills_by_deleted": "a deleted row of an order that the book here has filled: no command",
    "amendments": "a changed row with less volume and no fill: a replace, with the total it leaves",
    "replaced_under_new_id": "deleted at another price than its own: the venue's replace, which continues"
    " under a new id that has its own created row; here a cancel and a place",
    "ended_with_capture": "deleted only because the capture ends: the order goes on resting, no command",
    "never_created": "deleted without having been created, between snapshot and stream: no command",
}


class Reading:
    """What has been concluded from the rows so far."""

    def __init__(self, rows: Sequence[Row], trades: Sequence[RecordedTrade]) -> None:
        self.commands: list[FlowCommand] = []
        self.made: list[RecordedTrade] = []
        """the trades of the book here, in its order"""
        self.fates: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._rows = rows
        self._trades = trades
        self._book = FollowedBook()
        self._taken: dict[int, list[RecordedTrade]] = {}
        """aggressor's recorded id -> its recorded trades"""
        self._traded: dict[int, int] = {}
        """recorded id -> lots it traded in the recording, as either side"""
        self._executed: Counter[int] = Counter()
        """recorded id -> lots it traded here"""
        self._refused: set[int] = set()
        self._cut_short: set[int] = set()
        self._deleted = {row.order_id: row for row in rows if row.action == "deleted"}
        for trade in trades:
            buy, sell = trade.buy_order_id, trade.sell_order_id
            self._taken.setdefault(buy if trade.aggressor_side is Side.BUY else sell, []).append(trade)
            for order_id in (buy, sell):
                self._traded[order_id] = self._traded.get(order_id, 0) + trade.quantity_lots

    def read(self) -> None:
        """Take every row, once, in order."""
        rows = self._rows
        if not rows:
            return
        opening = (rows[0].received_us, rows[0].time_us)
        closing = (rows[-1].received_us, rows[-1].time_us)
        gone = self._gone(opening, closing)
        for row in rows:
            at = (row.received_us, row.time_us)
            if row.order_id in gone:
                self.fates["gone"] += 1
            elif row.action == "created":
                self._created(row, is_opening=at == opening)
            elif row.action == "deleted":
                self._ended(row, by_capture=at == closing)
            else:
                self._changed(row)
        self.counts["opening_orders_gone"] = len(gone)

    def inferences(self) -> dict[str, Inference]:
        """Every conclusion by its name, also those that were never drawn."""
        return {name: Inference(self.counts[name], text) for name, text in EXPLANATIONS.items()}

    def _gone(self, opening: tuple[int, int], closing: tuple[int, int]) -> set[int]:
        """Opening orders that cannot have been there: a trade, at whatever time, at a price beyond theirs."""
        if not self._trades:
            return set()
        lowest = min(trade.price_ticks for trade in self._trades)
        highest = max(trade.price_ticks for trade in self._trades)
        gone = set()
        for row in self._rows:
            if (row.received_us, row.time_us) != opening:
                break  # the opening book is the file's first rows
            traded_through = row.price_ticks > lowest if row.is_bid else row.price_ticks < highest
            if row.order_id in self._traded or not traded_through:
                continue
            end = self._deleted.get(row.order_id)
            if end is not None and (end.received_us, end.time_us) == closing:
                gone.add(row.order_id)
        return gone

    def _created(self, row: Row, is_opening: bool) -> None:
        side = Side.BUY if row.is_bid else Side.SELL
        self.fates["placed"] += 1
        if is_opening:
            self.counts["opening_orders"] += 1
        if row.order_id in self._taken:
            self._aggressor(row, side)
            return
        price_ticks = row.price_ticks
        if price_ticks == 0 and row.is_bid:
            self.counts["bids_at_zero"] += 1
            price_ticks = 1
        in_the_way = self._book.opposite(side).best_within(price_ticks)
        if in_the_way is not None:
            self.counts["post_only_refused"] += 1
            self._refused.add(row.order_id)
            owner = in_the_way.participant
        else:
            owner = owner_of_level(side, price_ticks)
        command = FlowCommand(
            sequence=len(self.commands),
            kind="place",
            effect="rests" if in_the_way is None else "refused",
            recorded_order_id=row.order_id,
            time_us=row.time_us,
            participant=owner,
            account_id=account_of(row.order_id, owner),
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            post_only=in_the_way is not None,
            price_ticks=price_ticks,
            protection_price_ticks=None,
            quantity_lots=row.volume_lots,
        )
        self.commands.append(command)
        if in_the_way is None:
            self._rest(command, row.volume_lots)

    def _aggressor(self, row: Row, side: Side) -> None:
        """An order that the recording has as the aggressor of trades."""
        taken = self._taken[row.order_id]
        quantity_lots = row.volume_lots
        if quantity_lots == 0:
            self.counts["volumes_from_trades"] += 1
            quantity_lots = self._traded[row.order_id]
        is_market = row.price_ticks >= MARKET_BUY_TICKS if row.is_bid else row.price_ticks == 0
        limit_ticks = row.price_ticks
        if is_market:
            self.counts["market_orders"] += 1
            limit_ticks = _protection(side, taken)
        end = self._deleted.get(row.order_id)
        at_once = end is not None and end.time_us == row.time_us
        leaves_lots = quantity_lots - sum(trade.quantity_lots for trade in taken)
        fills = self._book.take(side, limit_ticks, quantity_lots)
        is_ioc = leaves_lots > 0 and at_once and not is_market
        if is_ioc:
            self.counts["immediate_or_cancel"] += 1
            self._cut_short.add(row.order_id)
        rests = leaves_lots > 0 and not at_once and not is_market
        makers = {met.participant for met, _ in fills}
        owner = owner_of_taker(row.order_id, side, limit_ticks, makers, leaves_rest=rests)
        command = FlowCommand(
            sequence=len(self.commands),
            kind="place",
            effect="takes",
            recorded_order_id=row.order_id,
            time_us=row.time_us,
            participant=owner,
            account_id=account_of(row.order_id, owner),
            side=side,
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            time_in_force=TimeInForce.IOC if is_ioc or is_market else TimeInForce.GTC,
            post_only=False,
            price_ticks=None if is_market else limit_ticks,
            protection_price_ticks=limit_ticks if is_market else None,
            quantity_lots=quantity_lots,
        )
        self.commands.append(command)
        for met, filled_lots in fills:
            quantity_lots -= filled_lots
            self._executed[row.order_id] += filled_lots
            self._executed[met.order_id] += filled_lots
            buy, sell = (row.order_id, met.order_id) if row.is_bid else (met.order_id, row.order_id)
            self.made.append(RecordedTrade(buy, sell, met.price_ticks, filled_lots, side, row.time_us))
        if quantity_lots and rests:
            self._rest(command, quantity_lots)

    def _rest(self, command: FlowCommand, quantity_lots: int) -> None:
        self._book.rest(
            Resting(
                command.recorded_order_id,
                command.side,
                command.limit_ticks,
                quantity_lots,
                command.participant,
                command.account_id,
            )
        )

    def _changed(self, row: Row) -> None:
        order = self._book.live.get(row.order_id)
        to_come_lots = self._traded.get(row.order_id, 0) - self._executed[row.order_id]
        if order is None or row.volume_lots >= order.quantity_lots or to_come_lots:
            self.counts["fills_by_changed"] += 1
            self.fates["fill_reported"] += 1
            return
        self.counts["amendments"] += 1
        self.fates["amended"] += 1
        order.quantity_lots = row.volume_lots
        self._follow_up(row, order, "replace", "amends", row.volume_lots + self._executed[row.order_id])

    def _ended(self, row: Row, by_capture: bool) -> None:
        if by_capture and row.order_id in self._book.live:
            self.counts["ended_with_capture"] += 1
            self.fates["rests_at_the_end"] += 1
            return
        order = self._book.take_off(row.order_id)
        if order is not None:
            self.fates["canceled"] += 1
            if row.price_ticks not in (order.price_ticks, 0):
                self.counts["replaced_under_new_id"] += 1
            self._follow_up(row, order, "cancel", "cancels", order.quantity_lots)
        elif row.order_id in self._refused:
            self.fates["refused"] += 1
        elif row.order_id in self._cut_short:
            self.fates["rest_canceled"] += 1
        elif self._executed[row.order_id]:
            self.counts["fills_by_deleted"] += 1
            self.fates["filled"] += 1
        else:
            self.counts["never_created"] += 1
            self.fates["never_created"] += 1

    def _follow_up(self, row: Row, order: Resting, kind: Kind, effect: Effect, quantity_lots: int) -> None:
        """A command for an order that rests, from its owner."""
        self.commands.append(
            FlowCommand(
                sequence=len(self.commands),
                kind=kind,
                effect=effect,
                recorded_order_id=row.order_id,
                time_us=row.time_us,
                participant=order.participant,
                account_id=order.account_id,
                side=order.side,
                order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GTC,
                post_only=False,
                price_ticks=order.price_ticks,
                protection_price_ticks=None,
                quantity_lots=quantity_lots,
            )
        )


def _protection(side: Side, taken: Sequence[RecordedTrade]) -> int:
    """A market order's protection price: past the worst price in `taken`, rounded away from it."""
    if side is Side.BUY:
        return -(-max(trade.price_ticks for trade in taken) * (100 + PROTECTION_PERCENT) // 100)
    return min(trade.price_ticks for trade in taken) * (100 - PROTECTION_PERCENT) // 100
