"""Orders at a real exchange: placed, told of, and their shards killed."""

import os
import signal
from typing import Any

from bulkhead.client import Client, Connection, Report
from bulkhead.domain.messages.reports import OrderAccepted
from tests.support.running import DEADLINE_S, RunningExchange, next_report, shards_by_name, until


def entered(client: Client, account_id: str, side: str, quantity: str, price: str, **terms: Any) -> str:
    """A limit order on ETH-USD that has been accepted; the client_order_id."""
    name = client.place(account_id, "ETH-USD", side, quantity, price, **terms)
    next_report(client, OrderAccepted)
    return name


def reports_of(client: Client, client_order_id: str, *kinds: type) -> list[Report]:
    """The next report of each kind about one order, in this order."""
    found: list[Report] = []
    for report in client.reports(DEADLINE_S):
        is_about = getattr(report.message, "client_order_id", None) == client_order_id
        if is_about and isinstance(report.message, kinds[len(found)]):
            found.append(report)
            if len(found) == len(kinds):
                return found
    raise AssertionError(f"{client_order_id} was told {found}, not all of {kinds}")


def risk_shard(exchange: RunningExchange, participant_id: str) -> str:
    """The number of the risk shard that a participant's orders go to."""
    partition = Connection.load(exchange.connection).participant(participant_id).orders
    return partition.rpartition("/")[2]


def kill(exchange: RunningExchange, *shards: str) -> None:
    """Kill -9, and wait until all of them are back."""
    with exchange.attached():
        before = shards_by_name()
        for name in shards:
            os.kill(before[name]["pid"], signal.SIGKILL)

        def back() -> bool:
            now = shards_by_name()
            return all(
                now[name]["restarts"] > before[name]["restarts"] and now[name]["state"] == "running"
                for name in shards
            )

        until(f"{', '.join(shards)} are back", back)
