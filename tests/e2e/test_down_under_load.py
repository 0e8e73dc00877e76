"""`bulkhead down` while orders are on their way, with gateways and standbys: what was taken is worked off."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from actors.audit import audit
from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted
from tests.support.gateways import BOUNDARY, WITH_GATEWAYS
from tests.support.running import RunningExchange, until

ORDERS = 3000
STANDBY = {"replicas": "standby"}
CHANGES: dict[str, Any] = {
    **WITH_GATEWAYS,
    "boundaries": {
        "ingress": {**BOUNDARY["ingress"], **STANDBY},
        "btc": STANDBY,
        "accounts-0": STANDBY,
        "accounts-1": STANDBY,
        "control": STANDBY,
        "clock": {"replicas": "active"},
    },
}


class Seller:
    """Sends orders that rest, as fast as it can, and counts what is accepted."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.accepted: Counter[str] = Counter()
        client.on_answer = self._answered

    def _answered(self, _: int, report: Any) -> None:
        assert isinstance(report, OrderAccepted)
        self.accepted[report.client_order_id] += 1

    def send(self, count: int, begin: int) -> None:
        for number in range(begin, begin + count):
            self.client.place(
                f"{self.client.participant_id}.00",
                "BTC-USD",
                "sell",
                "0.0001",
                "900",
                client_order_id=f"o{number}",
            )
        self.client.flush()

    def heard(self) -> int:
        self.client.raw_reports(0.05)
        return len(self.accepted)


def test_orders_that_were_on_their_way_when_the_exchange_went_down_are_answered_once_when_it_is_up(
    tmp_path: Path,
) -> None:
    exchange = RunningExchange(tmp_path, CHANGES)
    with exchange, ExitStack() as stack:
        sellers = [
            Seller(
                stack.enter_context(connect(exchange.connection, name, window=2 * ORDERS, timeout_s=240.0))
            )
            for name in ("flow0", "flow2")
        ]
        for seller in sellers:
            seller.send(ORDERS, 0)
        until("some are answered", lambda: all(seller.heard() > 100 for seller in sellers))
        exchange.down()
        for seller in sellers:
            seller.send(100, ORDERS)  # to an exchange that is not there: they wait in its log
        exchange.up()
        for seller in sellers:
            until("all are answered", lambda seller=seller: seller.heard() == ORDERS + 100)  # type: ignore[misc]
            assert set(seller.accepted.values()) == {1}
        with exchange.attached():
            assert audit(exchange.installation).problems == []
