"""The naive book's commands of several orders: pairs, brackets, mass quotes."""

from collections.abc import Callable
from typing import Any

from tests.property.naive_book import NaiveBook
from tests.property.naive_contents import Line, Order


class NaiveLists(NaiveBook):
    def __init__(self, *more: Any) -> None:
        super().__init__(*more)
        self.pairs: list[dict[str, Any]] = []

    def _handlers(self) -> dict[str, Callable[[Line], None]]:
        return {
            **super()._handlers(),
            "pair": self.pair,
            "bracket": self.bracket,
            "mass_quote": self.mass_quote,
        }

    def pair(self, c: Line) -> None:
        limit, stop = self._order(c["limit"]), self._order(c["stop"])
        if self._refused(limit, None if self._fits(limit, stop) else "link"):
            return
        for o in (limit, stop):
            if self._refused(o, self._new_refusal(o)):
                return
        self._say("accepted", limit["order_id"])
        self._say("accepted", stop["order_id"])
        self._tie(limit, stop, None)
        self._begin(stop)
        self._begin(limit)

    def _refused(self, order: Order, reason: str | None) -> bool:
        if reason:
            self._say("rejected", order["order_id"], reason=reason)
        return reason is not None

    @staticmethod
    def _fits(limit: Order, stop: Order) -> bool:
        return (
            limit["type"] == "limit"
            and "stop" in stop["type"]
            and limit["tif"] in ("gtc", "day", "gtd")
            and stop["tif"] not in ("at_open", "at_close")
            and bool(limit["side"] == stop["side"])
            and bool(limit["order_id"] != stop["order_id"])
        )

    def bracket(self, c: Line) -> None:
        entry, limit, stop = (self._order(c[name]) for name in ("entry", "limit", "stop"))
        limit["lots"] = stop["lots"] = entry["lots"]
        ids = {entry["order_id"], limit["order_id"], stop["order_id"]}
        unfit = (
            len(ids) < 3
            or entry["side"] == limit["side"]
            or limit["post_only"]
            or stop["post_only"]
            or stop["type"] == "trailing_stop"
            or not self._fits(limit, stop)
        )
        if self._refused(entry, "link" if unfit else None):
            return
        if self._refused(entry, self._new_refusal(entry)):
            return
        for o in (limit, stop):
            taken = "duplicate_order" if self._live(o["order_id"]) else None
            # As any other, but for what its time in force has to do with the phase it will come to.
            if self._refused(o, taken or self._refusal({**o, "tif": "gtc"}, True)):
                return
        for o in (entry, limit, stop):
            self._say("accepted", o["order_id"])
        self._tie(limit, stop, entry["order_id"])
        self.parked += [limit, stop]
        self._begin(entry)

    def _tie(self, limit: Order, stop: Order, entry_id: int | None) -> None:
        ids = {"limit": limit["order_id"], "stop": stop["order_id"], "entry": entry_id}
        self.pairs.append({**ids, "filled": 0})

    def _follow(self) -> None:
        while self.events:
            order_id, traded, over = self.events.pop(0)
            for pair in list(self.pairs):
                if order_id == pair["entry"]:
                    pair["filled"] += traded
                    if over:
                        self._entry_is_over(pair)
                elif order_id in (pair["limit"], pair["stop"]):
                    self._untie(pair, order_id)

    def _untie(self, pair: dict[str, Any], cause: int) -> None:
        self.pairs.remove(pair)
        for order_id in (pair["limit"], pair["stop"]):
            order = self._live(order_id)
            if order is not None and order_id != cause:
                self._end(order, "linked")

    def _entry_is_over(self, pair: dict[str, Any]) -> None:
        limit, stop = self._live(pair["limit"]), self._live(pair["stop"])
        if not pair["filled"] or limit is None or stop is None:
            self._untie(pair, pair["entry"])
            return
        pair["entry"] = None
        for order in (stop, limit):
            order["lots"] = pair["filled"]
            self._say("activated", order["order_id"], quantity_lots=order["lots"])
            self._drop(order)
        self.stops.append(stop)
        self._enter(limit)

    # --- mass quotes

    def mass_quote(self, c: Line) -> None:
        quotes = c["quotes"]
        seen: set[int] = set()
        for q in quotes:
            refused = "duplicate_order" if q["order_id"] in seen else self._quote_refusal(c, q)
            if self._refused(q, refused):
                return
            seen.add(q["order_id"])
        asks = [q["price_ticks"] for q in quotes if q["side"] == "sell" and q["quantity_lots"]]
        for q in quotes:
            crosses = any(q["price_ticks"] >= price for price in asks)
            if q["side"] == "buy" and q["quantity_lots"] and crosses:
                self._say("rejected", q["order_id"], reason="price")
                return
        coming = []
        for q in quotes:
            old = self._live(q["order_id"])
            if old is None:
                if q["quantity_lots"]:
                    coming.append((self._order({"account_id": c["account_id"], **q}), True))
                    coming[-1][0]["quote"] = c["quote_group"]
            elif not q["quantity_lots"]:
                self._end(old, "requested")
            else:
                self._say(
                    "replaced", q["order_id"], price_ticks=q["price_ticks"], quantity_lots=q["quantity_lots"]
                )
                stays = q["price_ticks"] == old["price"] and q["quantity_lots"] <= old["lots"]
                old["price"], old["lots"] = q["price_ticks"], q["quantity_lots"]
                if stays:
                    old["shown"] = min(old["shown"], old["lots"])
                else:
                    self._drop(old)
                    coming.append((old, False))
        for order, new in coming:
            if new:
                self._say("accepted", order["order_id"])
            self._enter(order)

    def _quote_refusal(self, c: Line, q: Line) -> str | None:
        old = self._live(q["order_id"])
        if old is not None and (
            old["type"] != "limit"
            or old in self.parked
            or (old["side"], old["account"], old["quote"]) != (q["side"], c["account_id"], c["quote_group"])
        ):
            return "duplicate_order"
        if not q["quantity_lots"]:
            return "phase" if self.phase == "closed" else None
        if old is None:
            return self._refusal(self._order({"account_id": "", **q}), True)
        if old["post_only"]:
            return "post_only"
        return self._refusal({**old, "price": q["price_ticks"], "lots": q["quantity_lots"]}, False)
