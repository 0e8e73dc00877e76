"""The naive book's auctions: every price tried, every trade searched for anew."""

from tests.property.naive_contents import CALLS, Line, NaiveContents, Order


class NaiveAuction(NaiveContents):
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
            self._expire_day()

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
                self._happened(o, lots)
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
