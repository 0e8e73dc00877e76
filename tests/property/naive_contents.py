"""What the naive book has in it, and what its parts have in common."""

from typing import Any

Line = dict[str, Any]
Order = dict[str, Any]

CALLS = ("pre_open", "auction", "volatility_auction", "closing_auction")


class NaiveContents:
    def __init__(
        self, pro_rata: tuple[bool, int] | None = None, least_display: int = 0, early: bool = False
    ) -> None:
        self.least_display, self.early = least_display, early
        self.parked: list[Order] = []  # those that wait for their auction or their entry, the oldest first
        self.events: list[
            tuple[int, int, bool]
        ] = []  # what happened: to whom, how much traded, was it the end
        self.pro_rata = pro_rata  # whether there is a top order, the least share
        self.tops: dict[str, int | None] = {"buy": None, "sell": None}
        self.orders: list[Order] = []  # those that rest, the oldest arrival first
        self.stops: list[Order] = []  # those that wait, likewise
        self.phase = "continuous"
        self.last: int | None = None
        self.time = 0
        self.gathered = False
        self.mark: int | None = None
        self.static: int | None = None  # widths of the price bands
        self.dynamic: int | None = None
        self.reference: int | None = None
        self.lines: list[Line] = []

    def _live(self, order_id: int) -> Any:
        return next((o for o in self._all() if o["order_id"] == order_id), None)

    def _all(self) -> list[Order]:
        return self.orders + self.stops + self.parked

    def _happened(self, order: Order, traded: int = 0) -> None:
        self.events.append((order["order_id"], traded, not order["lots"]))

    def _ranked(self, side: str) -> list[Order]:
        def rank(o: Order) -> tuple[bool, int, bool]:
            price = 0 if o["price"] is None else o["price"] * (-1 if side == "buy" else 1)
            return o["price"] is not None, price, o["display"] == 0

        return sorted((o for o in self.orders if o["side"] == side), key=rank)

    def _say(self, kind: str, order_id: int | None, **more: Any) -> None:
        self.lines.append({"type": kind, "order_id": order_id, **more})

    def _end(self, order: Order, reason: str) -> None:
        self._drop(order)
        self._say("canceled", order["order_id"], quantity_lots=order["lots"], reason=reason)
        self.events.append((order["order_id"], 0, True))

    def _drop(self, order: Order) -> None:
        self.orders = [o for o in self.orders if o["order_id"] != order["order_id"]]
        self.stops = [o for o in self.stops if o["order_id"] != order["order_id"]]
        self.parked = [o for o in self.parked if o["order_id"] != order["order_id"]]
        if self.tops[order["side"]] == order["order_id"]:
            self.tops[order["side"]] = None

    def _rest(self, order: Order) -> None:
        others = self._ranked(order["side"])
        shown = order["price"] is not None and order["display"] != 0
        self._queue(order)
        if shown and self.pro_rata and self.pro_rata[0]:
            ranked = self._ranked(order["side"])
            alone = not others or (ranked[0] is order and self._is_keener(order, others[0]))
            if alone:
                self.tops[order["side"]] = order["order_id"]

    @staticmethod
    def _is_keener(one: Order, other: Order) -> bool:
        return bool(one["price"] != other["price"] or other["display"] == 0)

    def _queue(self, order: Order) -> None:
        full = order["display"] is None or order["display"] == 0
        order["shown"] = order["lots"] if full else min(order["display"], order["lots"])
        self.orders.append(order)

    @staticmethod
    def _trade(one: Order, other: Order, price: int, lots: int, side: str) -> Line:
        return {
            "type": "trade",
            "aggressor_order_id": one["order_id"],
            "resting_order_id": other["order_id"],
            "price_ticks": price,
            "quantity_lots": lots,
            "aggressor_side": side,
        }

    def _take(self, resting: Order, lots: int) -> None:
        """Take traded lots off, one at a time, so that a slice is seen to end and the next to begin."""
        for _ in range(lots if resting["display"] else 1):
            off = 1 if resting["display"] else lots
            resting["lots"] -= off
            resting["shown"] -= off
            if not resting["lots"]:
                self._drop(resting)
            elif not resting["shown"]:
                self._drop(resting)
                self._queue(resting)

    @staticmethod
    def _behind(order: Order, price: Any) -> int:
        return int(price + order["trail"] if order["side"] == "buy" else price - order["trail"])

    def _watched(self, order: Order) -> int | None:
        """The price that a stop waits for."""
        return self.mark if order["watch"] == "mark" else self.last

    def _trail(self, watch: str = "last") -> None:
        for o in self.stops:
            if o["trail"] is not None and o["watch"] == watch:
                behind = self._behind(o, self._watched(o))
                o["stop"] = min(o["stop"], behind) if o["side"] == "buy" else max(o["stop"], behind)

    def _expire(self, over: list[Order]) -> None:
        for o in sorted(over, key=lambda o: int(o["order_id"])):
            self._drop(o)
            self._say("expired", o["order_id"], quantity_lots=o["lots"])
            self.events.append((o["order_id"], 0, True))

    def _expire_day(self) -> None:
        late = [o for o in self.parked if o["tif"] == "at_close"]
        self._expire([o for o in self._all() if o["tif"] == "day"] + late)

    def state(self) -> dict[str, Any]:
        def rows(side: str) -> list[list[Any]]:
            return [[o["order_id"], o["price"], o["lots"]] for o in self._ranked(side)]

        stops = [[o["order_id"], o["stop"], o["lots"]] for o in self.stops]
        parked = {"parked": [[o["order_id"], o["price"], o["lots"]] for o in self.parked]}
        more = parked if self.parked else {}
        return {"type": "orders", "bids": rows("buy"), "asks": rows("sell"), "stops": stops, **more}

    def depth(self) -> dict[str, Any]:
        def levels(side: str) -> list[list[int]]:
            shown = [o for o in self._ranked(side) if o["price"] is not None and o["display"] != 0]
            prices = list(dict.fromkeys(o["price"] for o in shown))
            at = {p: [o["shown"] for o in shown if o["price"] == p] for p in prices}
            return [[p, sum(at[p]), len(at[p])] for p in prices]

        return {"type": "depth", "bids": levels("buy"), "asks": levels("sell")}
