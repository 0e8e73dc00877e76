"""The exchange's list of live orders, gathered from the reports that follow one another."""

from typing import Any

from bulkhead.domain.messages.mass import OrdersListed, RequestRejected
from bulkhead.domain.messages.reports import OrderStatus


class Listing:
    """The answer to one RequestOrders. Nothing stands between OrdersListed and the orders that it counts."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self._listed: OrdersListed | None = None
        self.orders: list[OrderStatus] = []
        self.rejected: RequestRejected | None = None

    def hear(self, report: Any) -> None:
        """Each report, in its order."""
        if self.complete:
            return
        if isinstance(report, OrderStatus) and self._listed is not None:
            self.orders.append(report)
        elif isinstance(report, OrdersListed) and report.request_id == self.request_id:
            self._listed = report
        elif isinstance(report, RequestRejected) and report.request_id == self.request_id:
            self.rejected = report

    @property
    def complete(self) -> bool:
        if self._listed is None:
            return self.rejected is not None
        return len(self.orders) == self._listed.orders
