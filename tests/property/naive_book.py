"""A book written to be obviously right: one list of orders, searched and sorted anew for every trade.

It shares no code with the book that it judges and speaks the runner's lines, as plain dicts. Whatever asks
"what would happen if" is answered by letting it happen to a copy.
"""

from copy import deepcopy
from typing import Any

Line = dict[str, Any]
Order = dict[str, Any]

CALLS = ("pre_open", "auction", "volatility_auction", "closing_auction")


class NaiveBook:
    def __init__(self) -> None:
        self.orders: list[Order] = []  # those that rest, the oldest arrival first
        self.stops: list[Order] = []  # those that wait, likewise
        self.phase = "continuous"
        self.last: int | None = None
        self.time = 0
        self.gathered = False
        self.static: int | None = None  # widths of the price bands
        self.dynamic: int | None = None
        self.reference: int | None = None
        self.lines: list[Line] = []

    def handle(self, command: Line) -> list[Line]:
        self.lines = []
        handler = {
            "place": self.place,
            "cancel": self.cancel,
            "replace": self.replace,
            "phase": self.set_phase,
            "uncross": self.uncross,
            "tick": self.tick,
            "indicative": self.indicative,
            "bands": self.set_bands,
        }[command["type"]]
        handler(command)
        self._trigger()
        return self.lines

    # --- what is there

    def _live(self, order_id: int) -> Any:
        return next((o for o in self.orders + self.stops if o["order_id"] == order_id), None)

    def _ranked(self, side: str) -> list[Order]:
        def rank(o: Order) -> tuple[bool, int, bool]:
            price = 0 if o["price"] is None else o["price"] * (-1 if side == "buy" else 1)
            return o["price"] is not None, price, o["display"] == 0

        return sorted((o for o in self.orders if o["side"] == side), key=rank)

    def _counterparts(self, order: Order) -> list[Order]:
        price = order["price"]
        if order["side"] == "buy":
            return [o for o in self._ranked("sell") if price is None or o["price"] <= price]
        return [o for o in self._ranked("buy") if price is None or o["price"] >= price]

    def _say(self, kind: str, order_id: int | None, **more: Any) -> None:
        self.lines.append({"type": kind, "order_id": order_id, **more})

    def _end(self, order: Order, reason: str) -> None:
        self._drop(order)
        self._say("canceled", order["order_id"], quantity_lots=order["lots"], reason=reason)

    def _drop(self, order: Order) -> None:
        self.orders = [o for o in self.orders if o["order_id"] != order["order_id"]]
        self.stops = [o for o in self.stops if o["order_id"] != order["order_id"]]

    # --- place and replace

    def place(self, c: Line) -> None:
        kind = c.get("order_type", "limit")
        order = {
            "order_id": c["order_id"],
            "side": c["side"],
            "type": kind,
            "price": c.get("price_ticks") if kind in ("limit", "stop_limit") else None,
            "lots": c["quantity_lots"],
            "tif": c.get("time_in_force", "gtc"),
            "post_only": c.get("post_only", False),
            "display": c.get("display_lots"),
            "min": c.get("min_quantity_lots"),
            "group": c.get("stp_group", ""),
            "mode": c.get("stp_mode", "cancel_aggressor"),
            "stop": c.get("stop_price_ticks") if "stop" in kind else None,
            "trail": c.get("trail_ticks") if kind == "trailing_stop" else None,
            "expire": c.get("expire_time_ms") if c.get("time_in_force") == "gtd" else None,
        }
        reason = "duplicate_order" if self._live(c["order_id"]) else self._refusal(order, True)
        if reason:
            self._say("rejected", c["order_id"], reason=reason)
            return
        if kind == "trailing_stop" and order["stop"] is None:
            order["stop"] = self._behind(order, self.last)
        self._say("accepted", c["order_id"])
        self._enter(order)

    def _refusal(self, o: Order, new: bool) -> str | None:
        """Why an order as it would be is not taken. `new`: placed, or replaced without its priority."""
        waits = "stop" in o["type"]
        quantities = [(o["lots"], 1), (o["display"], 0), (o["min"], 1)]
        prices = [(o["price"], -(2**62)), (o["stop"], -(2**62)), (o["trail"], 1)]
        if any(value is not None and not low <= value <= 2**62 for value, low in quantities):
            return "quantity"
        if any(value is not None and not low <= value <= 2**62 for value, low in prices):
            return "price"
        if self.phase in ("halted", "closed"):
            return "phase"
        if o["post_only"] and new and (self.phase in CALLS or (not waits and self._would_trade(o))):
            return "post_only"
        untimely = {
            "continuous": ("at_open", "at_close"),
            "volatility_auction": ("ioc", "fok", "at_open", "at_close"),
            "closing_auction": ("ioc", "fok", "at_open"),
        }.get(self.phase, ("ioc", "fok"))
        if self._live(o["order_id"]) is None and o["tif"] in untimely:
            return "time_in_force"
        if o["expire"] is not None and o["expire"] <= self.time:
            return "time_in_force"
        if o["type"] == "trailing_stop" and o["stop"] is None and self.last is None:
            return "no_reference_price"
        return None

    def _enter(self, order: Order) -> None:
        if "stop" in order["type"]:
            self.stops.append(order)
        elif self.phase in CALLS:
            self.gathered = True
            self._rest(order)
        else:
            self._arrive(order)

    def replace(self, c: Line) -> None:
        order = self._live(c["order_id"])
        if order is None:
            self._say("rejected", c["order_id"], reason="unknown_order")
            return
        waits = "stop" in order["type"]
        new = {**order, "lots": c.get("quantity_lots", order["lots"])}
        if order["price"] is not None:
            new["price"] = c.get("price_ticks", order["price"])
        if waits:
            new["stop"] = c.get("stop_price_ticks", order["stop"])
        if order["expire"] is not None:
            new["expire"] = c.get("expire_time_ms", order["expire"])
        new["min"] = c.get("min_quantity_lots", order["min"])
        new["display"] = c.get("display_lots", order["display"])
        stays = new["lots"] <= order["lots"] and all(new[f] == order[f] for f in ("price", "stop", "display"))
        reason = self._refusal(new, not stays)
        if reason:
            self._say("rejected", c["order_id"], reason=reason)
            return
        self._say("replaced", c["order_id"], price_ticks=new["price"], quantity_lots=new["lots"])
        if stays:
            order.update(new)
            if not waits:
                order["shown"] = min(order["shown"], order["lots"])
            return
        self._drop(order)
        self._enter(new)

    # --- what an order does

    def _rest(self, order: Order) -> None:
        full = order["display"] is None or order["display"] == 0
        order["shown"] = order["lots"] if full else min(order["display"], order["lots"])
        self.orders.append(order)

    def _arrive(self, order: Order) -> None:
        excluded, traded = self._tried(order)
        unbound = self._without_bands()._tried(order)[1]
        least = order["min"] or 0
        if traded < least and (order["tif"] in ("ioc", "fok") or order["price"] is None):
            self._end(order, "min_quantity")
            return
        if order["tif"] == "fok" and traded < order["lots"]:
            self._end(order, "fok")
            return
        begin = len(self.lines)
        if traded >= least and not self._match(order, excluded):
            return
        if unbound > traded and unbound >= least:
            self.phase = "volatility_auction"
            self.lines.append({"type": "phase", "phase": self.phase})
            if order["type"] == "limit" and order["tif"] != "ioc":
                self.gathered = True
                self._rest(order)
                return
        trades = [line for line in self.lines[begin:] if line["type"] == "trade"]
        if order["type"] == "market_to_limit" and trades:
            order["type"], order["price"] = "limit", trades[-1]["price_ticks"]
        if order["price"] is None:
            self._end(order, "market")
        elif order["tif"] == "ioc":
            self._end(order, "ioc")
        else:
            self._rest(order)

    def _tried(self, order: Order) -> tuple[set[int], int]:
        """Who is passed over for a minimum quantity, and how much trades then."""
        excluded: set[int] = set()
        while True:
            copy = deepcopy(self)
            copy.lines = []
            copy._match(deepcopy(order), excluded)
            trades = [line for line in copy.lines if line["type"] == "trade"]
            short = None
            for line in trades:
                resting = self._live(line["resting_order_id"])
                share = sum(
                    t["quantity_lots"] for t in trades if t["resting_order_id"] == resting["order_id"]
                )
                if share < min(resting["min"] or 0, resting["lots"]):
                    short = short or resting["order_id"]
            if short is None:
                return excluded, sum(line["quantity_lots"] for line in trades)
            excluded.add(short)

    def _without_bands(self) -> "NaiveBook":
        copy = deepcopy(self)
        copy.static = copy.dynamic = None
        return copy

    def _would_trade(self, order: Order) -> bool:
        traded = self._without_bands()._tried(order)[1]
        return traded > 0 and traded >= (order["min"] or 0)

    def _match(self, order: Order, excluded: set[int]) -> bool:
        """Trade with whoever is there; whether something of the order is left."""
        low, high = self._bounds()
        begun: set[int] = set()  # whom it has traded with: they don't ask for their minimum again
        while order["lots"]:
            resting = next(
                (
                    o
                    for o in self._counterparts(order)
                    if o["order_id"] not in excluded
                    and (o["order_id"] in begun or order["lots"] >= min(o["min"] or 0, o["lots"]))
                ),
                None,
            )
            if resting is None:
                return True
            if order["group"] and order["group"] == resting["group"]:
                if not self._meet_own(order, resting):
                    return False
                continue
            if not low <= resting["price"] <= high:
                return True
            begun.add(resting["order_id"])
            lots = min(order["lots"], resting["shown"])
            self._take(resting, lots)
            order["lots"] -= lots
            self.last = resting["price"]
            self.lines.append(self._trade(order, resting, resting["price"], lots, order["side"]))
            self._trail()
        return False

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
                self._rest(resting)

    def _meet_own(self, order: Order, resting: Order) -> bool:
        mode = order["mode"]
        if mode == "decrement":
            lots = min(order["lots"], resting["lots"])
            for o in (order, resting):
                o["lots"] -= lots
                if not o["lots"]:
                    self._drop(o)
                    self._say("canceled", o["order_id"], quantity_lots=lots, reason="self_trade")
            if resting["lots"]:
                resting["shown"] = min(resting["shown"], resting["lots"])
            return bool(order["lots"])
        if mode in ("cancel_aggressor", "cancel_both"):
            self._end(order, "self_trade")
        if mode in ("cancel_resting", "cancel_both"):
            self._end(resting, "self_trade")
        return bool(mode == "cancel_resting")

    # --- stops

    @staticmethod
    def _behind(order: Order, price: Any) -> int:
        return int(price + order["trail"] if order["side"] == "buy" else price - order["trail"])

    def _trail(self) -> None:
        for o in self.stops:
            if o["trail"] is not None:
                behind = self._behind(o, self.last)
                o["stop"] = min(o["stop"], behind) if o["side"] == "buy" else max(o["stop"], behind)

    def _trigger(self) -> None:
        while self.phase == "continuous" and self.last is not None:
            last = self.last
            passed = [(last - o["stop"]) * (1 if o["side"] == "buy" else -1) for o in self.stops]
            if not passed or max(passed) < 0:
                return
            order = self.stops.pop(passed.index(max(passed)))
            order["type"] = "limit" if order["type"] == "stop_limit" else "market"
            order["stop"] = order["trail"] = None
            self._say("triggered", order["order_id"])
            if order["post_only"] and self._would_trade(order):
                self._say("rejected", order["order_id"], reason="post_only")
            else:
                self._arrive(order)

    # --- cancel, phases, time

    def set_bands(self, c: Line) -> None:
        self.static, self.dynamic = c.get("static_ticks"), c.get("dynamic_ticks")
        self.reference = c.get("reference_ticks", self.reference)

    def _bounds(self) -> tuple[int, int]:
        bounds = [(-(2**62), 2**62)]
        last = self.reference if self.last is None else self.last
        for width, middle in ((self.static, self.reference), (self.dynamic, last)):
            if width is not None and middle is not None:
                bounds.append((middle - width, middle + width))
        return max(low for low, _ in bounds), min(high for _, high in bounds)

    def cancel(self, c: Line) -> None:
        order = self._live(c["order_id"])
        if order is None or self.phase == "closed":
            reason = "phase" if order else "unknown_order"
            self._say("rejected", c["order_id"], reason=reason)
        else:
            self._end(order, "requested")

    def set_phase(self, c: Line) -> None:
        if c["phase"] == "continuous" and self.gathered:
            self._auction()
        self.phase = c["phase"]
        self.lines.append({"type": "phase", "phase": c["phase"]})
        if c["phase"] == "closed":
            self._expire([o for o in self.orders + self.stops if o["tif"] == "day"])

    def tick(self, c: Line) -> None:
        self.time = max(self.time, c["time_ms"])
        over = [o for o in self.orders + self.stops if o["expire"] is not None and o["expire"] <= self.time]
        self._expire(over)

    def _expire(self, over: list[Order]) -> None:
        for o in sorted(over, key=lambda o: int(o["order_id"])):
            self._drop(o)
            self._say("expired", o["order_id"], quantity_lots=o["lots"])

    # --- auctions

    def indicative(self, c: Line) -> None:
        price, lots = self._equilibrium() if self.phase in CALLS else (None, 0)
        self.lines.append({"type": "indicative", "price_ticks": price, "quantity_lots": lots})

    def uncross(self, c: Line) -> None:
        if self.phase not in CALLS:
            self._say("rejected", None, reason="phase")
            return
        self.indicative(c)
        self._auction()
        self.phase = "closed" if self.phase == "closing_auction" else "continuous"
        self.lines.append({"type": "phase", "phase": self.phase})
        if self.phase == "closed":
            self._expire([o for o in self.orders + self.stops if o["tif"] == "day"])

    def _volumes(self, price: int) -> tuple[int, int]:
        """What would be bought and what would be sold at a price."""
        bids, asks = self._ranked("buy"), self._ranked("sell")
        bought = sum(o["lots"] for o in bids if o["price"] is None or o["price"] >= price)
        return bought, sum(o["lots"] for o in asks if o["price"] is None or o["price"] <= price)

    def _equilibrium(self) -> tuple[int | None, int]:
        prices = {o["price"] for o in self.orders if o["price"] is not None}
        if self.last is not None:
            prices.add(self.last)
        found = [(p, *self._volumes(p)) for p in sorted(prices)]
        most = max((min(buy, sell) for _, buy, sell in found), default=0)
        if most == 0:
            return None, 0
        found = [(p, buy, sell) for p, buy, sell in found if min(buy, sell) == most]
        least = min(abs(buy - sell) for _, buy, sell in found)
        found = [(p, buy, sell) for p, buy, sell in found if abs(buy - sell) == least]
        if all(buy > sell for _, buy, sell in found):
            return found[-1][0], most
        if all(buy < sell for _, buy, sell in found) or self.last is None:
            return found[0][0], most
        return min((abs(p - self.last), p) for p, _, _ in found)[1], most

    def _auction(self) -> None:
        price, left = self._equilibrium()
        while left:
            assert price is not None
            buy, sell = self._ranked_at("buy", price)[0], self._ranked_at("sell", price)[0]
            lots = min(left, buy["lots"], sell["lots"])
            self.lines.append(self._trade(buy, sell, price, lots, "none"))
            left -= lots
            for o in (buy, sell):
                o["traded"] = o.get("traded", 0) + lots
                o["lots"] -= lots
                if not o["lots"]:
                    self._drop(o)
            self.last = self.reference = price
        for o in [o for o in self.orders if o.get("traded")]:
            traded = o.pop("traded")
            o["uncrossed"] = True
            if o["display"]:
                o["lots"] += traded
                self._take(o, traded)
        if price is not None:
            self._trail()
        ended = sorted(self.orders + self.stops, key=lambda o: int(o["order_id"]))
        for o in ended:
            uncrossed = o.pop("uncrossed", False)
            if o["type"] == "market":
                self._end(o, "market")
            elif o["tif"] in ("at_open", "at_close"):
                self._end(o, "phase")
            elif o["type"] == "market_to_limit" and uncrossed:
                self._drop(o)
                o["type"], o["price"] = "limit", price
                self._rest(o)
            elif o["type"] == "market_to_limit":
                self._end(o, "market")
            elif not o["display"] and "shown" in o:
                o["shown"] = o["lots"]
        self.gathered = False

    def _ranked_at(self, side: str, price: int) -> list[Order]:
        """Who trades at a price, the first first; an iceberg stays where it is until the auction is over."""
        return [
            o
            for o in self._ranked(side)
            if o["price"] is None or (o["price"] >= price if side == "buy" else o["price"] <= price)
        ]

    # --- what a command `orders` and `depth` would answer

    def state(self) -> dict[str, Any]:
        def rows(side: str) -> list[list[Any]]:
            return [[o["order_id"], o["price"], o["lots"]] for o in self._ranked(side)]

        stops = [[o["order_id"], o["stop"], o["lots"]] for o in self.stops]
        return {"type": "orders", "bids": rows("buy"), "asks": rows("sell"), "stops": stops}

    def depth(self) -> dict[str, Any]:
        def levels(side: str) -> list[list[int]]:
            shown = [o for o in self._ranked(side) if o["price"] is not None and o["display"] != 0]
            prices = list(dict.fromkeys(o["price"] for o in shown))
            at = {p: [o["shown"] for o in shown if o["price"] == p] for p in prices}
            return [[p, sum(at[p]), len(at[p])] for p in prices]

        return {"type": "depth", "bids": levels("buy"), "asks": levels("sell")}
