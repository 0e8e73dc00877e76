"""A book written to be obviously right: one list of orders, searched and sorted anew for every trade.

It shares no code with the book that it judges and speaks the runner's lines, as plain dicts. Whatever asks
"what would happen if" is answered by letting it happen to a copy.
"""

from collections.abc import Callable
from copy import deepcopy

from tests.property.naive_auction import NaiveAuction
from tests.property.naive_contents import CALLS, Line, Order


class NaiveBook(NaiveAuction):
    def handle(self, command: Line) -> list[Line]:
        self.lines = []
        self._handlers()[command["type"]](command)
        self._follow()
        self._trigger()
        return self.lines

    def _handlers(self) -> dict[str, Callable[[Line], None]]:
        return {
            "place": self.place,
            "cancel": self.cancel,
            "replace": self.replace,
            "phase": self.set_phase,
            "uncross": self.uncross,
            "tick": self.tick,
            "indicative": self.indicative,
            "bands": self.set_bands,
            "mark_price": self.set_mark,
            "mass_cancel": self.mass_cancel,
        }

    def _follow(self) -> None:
        """What has happened has its consequences; here it has none."""
        self.events.clear()

    def _counterparts(self, order: Order) -> list[Order]:
        price = order["price"]
        if order["side"] == "buy":
            return [o for o in self._ranked("sell") if price is None or o["price"] <= price]
        return [o for o in self._ranked("buy") if price is None or o["price"] >= price]

    # --- place and replace

    def _order(self, c: Line) -> Order:
        kind = c.get("order_type", "limit")
        return {
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
            "slide": c.get("slide_ticks"),
            "watch": c.get("trigger", "last"),
            "account": c["account_id"],
            "quote": c.get("quote_group"),
            "trail": c.get("trail_ticks") if kind == "trailing_stop" else None,
            "expire": c.get("expire_time_ms") if c.get("time_in_force") == "gtd" else None,
        }

    def place(self, c: Line) -> None:
        order = self._order(c)
        reason = self._new_refusal(order)
        if reason:
            self._say("rejected", c["order_id"], reason=reason)
            return
        self._say("accepted", c["order_id"])
        self._begin(order)

    def _new_refusal(self, order: Order) -> str | None:
        return "duplicate_order" if self._live(order["order_id"]) else self._refusal(order, True)

    def _begin(self, order: Order) -> None:
        """What an accepted order does first."""
        if order["type"] == "trailing_stop" and order["stop"] is None:
            order["stop"] = self._behind(order, self._watched(order))
        if self._is_early(order):
            self.parked.append(order)
            return
        if order["post_only"] and self.phase == "continuous" and "stop" not in order["type"]:
            self._slide(order)
        self._enter(order)

    def _is_early(self, o: Order) -> bool:
        phases = {"at_open": ("pre_open", "auction"), "at_close": ("closing_auction",)}.get(o["tif"])
        return self.early and "stop" not in o["type"] and phases is not None and self.phase not in phases

    def _posted(self, order: Order) -> int | None:
        """Where a post-only order would rest; None if nowhere. For an unpriced order 0."""
        if not self._would_trade(order):
            return int(order["price"] or 0)
        if order["slide"] is None or order["price"] is None:
            return None
        best = self._ranked("sell" if order["side"] == "buy" else "buy")[0]["price"]
        return int(best - order["slide"] if order["side"] == "buy" else best + order["slide"])

    def _slide(self, order: Order) -> None:
        price = self._posted(order)
        if order["price"] is not None and price != order["price"]:
            order["price"] = price
            self._say("repriced", order["order_id"], price_ticks=price)

    def _refusal(self, o: Order, new: bool) -> str | None:
        """Why an order as it would be is not taken. `new`: placed, or replaced without its priority."""
        waits = "stop" in o["type"]
        least = min(self.least_display, o["lots"]) if o["display"] else 0
        quantities = [(o["lots"], 1), (o["display"], least), (o["min"], 1)]
        prices = [(o["price"], -(2**62)), (o["stop"], -(2**62)), (o["trail"], 1), (o["slide"], 1)]
        if any(value is not None and not low <= value <= 2**62 for value, low in quantities):
            return "quantity"
        if any(value is not None and not low <= value <= 2**62 for value, low in prices):
            return "price"
        if self.phase in ("halted", "closed"):
            return "phase"
        early = self._is_early(o)
        posted = early or self.phase in CALLS or (not waits and self._posted(o) is None)
        if o["post_only"] and new and posted:
            return "post_only"
        untimely = {
            "continuous": ("at_open", "at_close"),
            "volatility_auction": ("ioc", "fok", "at_open", "at_close"),
            "closing_auction": ("ioc", "fok", "at_open"),
        }.get(self.phase, ("ioc", "fok"))
        if self._live(o["order_id"]) is None and o["tif"] in untimely and not early:
            return "time_in_force"
        if o["expire"] is not None and o["expire"] <= self.time:
            return "time_in_force"
        if o["type"] == "trailing_stop" and o["stop"] is None and self._watched(o) is None:
            return "no_reference_price"
        return None

    def _enter(self, order: Order) -> None:
        if "stop" in order["type"]:
            self.stops.append(order)
        elif self.phase == "continuous":
            self._arrive(order)
        else:
            self.gathered = True
            self._rest(order)

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
        if order["post_only"] and not stays and not waits and new["price"] is not None:
            new["price"] = self._posted(new)
        self._say("replaced", c["order_id"], price_ticks=new["price"], quantity_lots=new["lots"])
        is_parked = order in self.parked
        if stays:
            order.update(new)
            if "shown" in order:
                order["shown"] = min(order["shown"], order["lots"])
            return
        self._drop(order)
        if is_parked:
            self.parked.append(new)
        else:
            self._enter(new)

    # --- what an order does

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
            if self.pro_rata:
                if self._share(order, resting, excluded, begun):
                    continue
                return False
            begun.add(resting["order_id"])
            lots = min(order["lots"], resting["shown"])
            self._take(resting, lots)
            order["lots"] -= lots
            self.last = resting["price"]
            self.lines.append(self._trade(order, resting, resting["price"], lots, order["side"]))
            self._happened(order, lots)
            self._happened(resting, lots)
            self._trail()
        return False

    def _share(self, order: Order, first: Order, excluded: set[int], begun: set[int]) -> bool:
        """Share an order out among all at the first one's price; whether it is still there."""
        present = [
            o
            for o in self._counterparts(order)
            if o["price"] == first["price"]
            and (o["display"] == 0) == (first["display"] == 0)
            and o["order_id"] not in excluded
            and (o["order_id"] in begun or order["lots"] >= min(o["min"] or 0, o["lots"]))
        ]
        own = next((o for o in present if order["group"] and o["group"] == order["group"]), None)
        if own is not None:
            return self._meet_own(order, own)
        assert self.pro_rata is not None
        left = order["lots"]
        shares = dict.fromkeys((o["order_id"] for o in present), 0)
        everybody = sum(o["shown"] for o in present)
        if left < everybody:
            top = next((o for o in present if o["order_id"] == self.tops[o["side"]]), None)
            if top is not None:
                shares[top["order_id"]] = min(left, top["shown"])
                left -= shares[top["order_id"]]
                everybody -= shares[top["order_id"]]
            for o in present:
                share = 0 if o is top else left * o["shown"] // everybody
                shares[o["order_id"]] += share if share >= self.pro_rata[1] else 0
        left = order["lots"] - sum(shares.values())
        for o in present:
            more = min(left, o["shown"] - shares[o["order_id"]])
            shares[o["order_id"]] += more
            left -= more
        for o in present:
            lots = shares[o["order_id"]]
            if lots:
                begun.add(o["order_id"])
                order["lots"] -= lots
                self.last = o["price"]
                self._take(o, lots)
                self.lines.append(self._trade(order, o, o["price"], lots, order["side"]))
                self._happened(order, lots)
                self._happened(o, lots)
                self._trail()
        return True

    def _meet_own(self, order: Order, resting: Order) -> bool:
        mode = order["mode"]
        if mode == "decrement":
            lots = min(order["lots"], resting["lots"])
            for o in (order, resting):
                o["lots"] -= lots
                self._happened(o)
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

    def _passed(self, order: Order) -> int:
        """By how much the price has passed a stop's; negative if it has not reached it."""
        price = self._watched(order)
        if price is None:
            return -1
        return int(price - order["stop"]) if order["side"] == "buy" else int(order["stop"] - price)

    def _trigger(self) -> None:
        while self.phase == "continuous":
            passed = [self._passed(o) for o in self.stops]
            if not passed or max(passed) < 0:
                return
            order = self.stops.pop(passed.index(max(passed)))
            order["type"] = "limit" if order["type"] == "stop_limit" else "market"
            order["stop"] = order["trail"] = None
            self._say("triggered", order["order_id"])
            self._happened(order)
            self._follow()
            if order["post_only"] and self._posted(order) is None:
                self._say("rejected", order["order_id"], reason="post_only")
                self.events.append((order["order_id"], 0, True))
            else:
                if order["post_only"]:
                    self._slide(order)
                self._arrive(order)
            self._follow()

    def set_mark(self, c: Line) -> None:
        self.mark = c["price_ticks"]
        self._trail("mark")

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

    def mass_cancel(self, c: Line) -> None:
        if self.phase == "closed":
            self._say("rejected", None, reason="phase")
            return
        for o in sorted(self._all(), key=lambda o: int(o["order_id"])):
            wanted = (c.get("account_id"), c.get("side"), c.get("quote_group"))
            if all(
                w in (None, h) for w, h in zip(wanted, (o["account"], o["side"], o["quote"]), strict=True)
            ):
                self._end(o, "requested")

    def set_phase(self, c: Line) -> None:
        if c["phase"] == "continuous" and self.gathered:
            self._auction()
        self.phase = c["phase"]
        self.lines.append({"type": "phase", "phase": c["phase"]})
        for o in list(self.parked):
            if o["tif"] in ("at_open", "at_close") and not self._is_early(o):
                self.parked.remove(o)
                self.gathered = True
                self._rest(o)
        if c["phase"] == "closed":
            self._expire_day()

    def tick(self, c: Line) -> None:
        self.time = max(self.time, c["time_ms"])
        over = [o for o in self._all() if o["expire"] is not None and o["expire"] <= self.time]
        self._expire(over)
