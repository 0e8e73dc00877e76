"""A book written to be obviously right: one list of orders, searched and sorted anew for every trade.

It shares no code with the book that it judges and speaks the runner's lines, as plain dicts.
"""

from typing import Any

Line = dict[str, Any]


class NaiveBook:
    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []  # those that rest, the oldest arrival first
        self.phase = "continuous"

    def handle(self, command: Line) -> list[Line]:
        return {
            "place": self.place,
            "cancel": self.cancel,
            "replace": self.replace,
            "phase": self.set_phase,
        }[command["type"]](command)

    def _live(self, order_id: int) -> Any:
        return next((order for order in self.orders if order["order_id"] == order_id), None)

    def _ranked(self, side: str) -> list[dict[str, Any]]:
        sign = -1 if side == "buy" else 1
        return sorted((o for o in self.orders if o["side"] == side), key=lambda o: sign * o["price"])

    def _counterparts(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        if order["side"] == "buy":
            return [o for o in self._ranked("sell") if order["price"] is None or o["price"] <= order["price"]]
        return [o for o in self._ranked("buy") if order["price"] is None or o["price"] >= order["price"]]

    def place(self, c: Line) -> list[Line]:
        order = {
            "order_id": c["order_id"],
            "side": c["side"],
            "price": c.get("price_ticks") if c.get("order_type") != "market" else None,
            "lots": c["quantity_lots"],
            "market": c.get("order_type") == "market",
            "tif": c.get("time_in_force", "gtc"),
            "post_only": c.get("post_only", False),
        }
        reason = None
        if self._live(c["order_id"]):
            reason = "duplicate_order"
        elif not 1 <= c["quantity_lots"] <= 2**62:
            reason = "quantity"
        elif not -(2**62) <= (order["price"] or 0) <= 2**62:
            reason = "price"
        elif self.phase != "continuous":
            reason = "phase"
        elif order["post_only"] and self._counterparts(order):
            reason = "post_only"
        if reason:
            return [{"type": "rejected", "order_id": c["order_id"], "reason": reason}]
        return [{"type": "accepted", "order_id": c["order_id"]}, *self._arrive(order)]

    def _arrive(self, order: dict[str, Any]) -> list[Line]:
        lines: list[Line] = []
        enough = sum(o["lots"] for o in self._counterparts(order)) >= order["lots"]
        if order["tif"] != "fok" or enough:
            while order["lots"] and self._counterparts(order):
                resting = self._counterparts(order)[0]
                lots = min(order["lots"], resting["lots"])
                order["lots"] -= lots
                resting["lots"] -= lots
                self.orders = [o for o in self.orders if o["lots"]]
                lines.append(
                    {
                        "type": "trade",
                        "aggressor_order_id": order["order_id"],
                        "resting_order_id": resting["order_id"],
                        "price_ticks": resting["price"],
                        "quantity_lots": lots,
                        "aggressor_side": order["side"],
                    }
                )
        if not order["lots"]:
            return lines
        reason = "fok" if order["tif"] == "fok" else "market" if order["market"] else order["tif"]
        if reason == "gtc":
            self.orders.append(order)
            return lines
        rest = {"type": "canceled", "order_id": order["order_id"], "quantity_lots": order["lots"]}
        return [*lines, {**rest, "reason": reason}]

    def cancel(self, c: Line) -> list[Line]:
        order = self._live(c["order_id"])
        if order is None or self.phase == "closed":
            reason = "phase" if order else "unknown_order"
            return [{"type": "rejected", "order_id": c["order_id"], "reason": reason}]
        self.orders.remove(order)
        gone = {"type": "canceled", "order_id": c["order_id"], "quantity_lots": order["lots"]}
        return [{**gone, "reason": "requested"}]

    def replace(self, c: Line) -> list[Line]:
        order = self._live(c["order_id"])
        reason = None
        if order is None:
            reason = "unknown_order"
        else:
            new = {
                **order,
                "price": c.get("price_ticks", order["price"]),
                "lots": c.get("quantity_lots", order["lots"]),
            }
            if not 1 <= new["lots"] <= 2**62:
                reason = "quantity"
            elif not -(2**62) <= new["price"] <= 2**62:
                reason = "price"
            elif self.phase != "continuous":
                reason = "phase"
            elif new["post_only"] and self._counterparts(new):
                reason = "post_only"
        if reason:
            return [{"type": "rejected", "order_id": c["order_id"], "reason": reason}]
        told = {"type": "replaced", "order_id": c["order_id"], "price_ticks": new["price"]}
        lines: list[Line] = [{**told, "quantity_lots": new["lots"]}]
        if new["price"] == order["price"] and new["lots"] <= order["lots"]:
            order["lots"] = new["lots"]
            return lines
        self.orders.remove(order)
        return lines + self._arrive(new)

    def set_phase(self, c: Line) -> list[Line]:
        self.phase = c["phase"]
        return [{"type": "phase", "phase": c["phase"]}]

    def state(self) -> dict[str, Any]:
        def rows(side: str) -> list[list[int]]:
            return [[o["order_id"], o["price"], o["lots"]] for o in self._ranked(side)]

        return {"type": "orders", "bids": rows("buy"), "asks": rows("sell"), "stops": []}
