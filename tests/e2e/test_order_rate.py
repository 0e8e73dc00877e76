"""A participant beyond its rate is told so, with both numbers; nobody else notices, and a replay agrees."""

from collections.abc import Iterator

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.running import RunningExchange, next_report

ORDERS_PER_S_MAX = 2
BURST = 30
CHANGES = {"participants": {"alice": {"limits": {"orders_per_s_max": ORDERS_PER_S_MAX}}}}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("order_rate"), CHANGES) as running:
        yield running


def burst(client: Client) -> list[OrderAccepted | OrderRejected]:
    """The answers to orders that are sent as fast as they can be."""
    for _ in range(BURST):
        client.place(f"{client.participant_id}.main", "BTC-USD", "buy", "0.1", "200")
    return [next_report(client, (OrderAccepted, OrderRejected)).message for _ in range(BURST)]


def test_who_is_beyond_its_rate_is_refused_with_both_numbers_and_others_are_not(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        answers: list[OrderAccepted | OrderRejected] = []
        while not any(isinstance(answer, OrderRejected) for answer in answers):
            answers += burst(alice)  # however slow the machine is: in the end one is in the same second
        refused = [answer for answer in answers if isinstance(answer, OrderRejected)]
        assert {(answer.reason, answer.bound, answer.actual) for answer in refused} == {
            (Reason.ORDER_RATE_LIMIT, ORDERS_PER_S_MAX, ORDERS_PER_S_MAX)
        }
        assert all(isinstance(answer, OrderAccepted) for answer in burst(bob))

        resting = [answer.client_order_id for answer in answers if isinstance(answer, OrderAccepted)]
        for client_order_id in resting:
            alice.cancel("alice.main", client_order_id)
        ended = [next_report(alice, OrderCanceled).message.client_order_id for _ in resting]
        assert sorted(ended) == sorted(resting)
    for shard in ("risk/0", "risk/1"):
        exchange.check_replay(shard)
