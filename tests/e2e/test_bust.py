"""Busts, corrections and mass cancels, as an operator types them while participants trade; with kill -9."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.mass import MassCanceled
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled
from bulkhead.domain.messages.reversal import TradeBusted, TradeCorrected
from bulkhead.domain.reasons import Reason
from tests.support.orders import kill
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report, until

pytestmark = pytest.mark.pulsar

SHARDS = ("book/0", "risk/0", "risk/1", "settlement/0", "settlement/1")


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(
        tmp_path_factory.mktemp("bust"), {"exchange": "bust", "log": pulsar_broker.topology}
    ) as running:
        yield running


def test_both_sides_are_told_of_a_correction_and_a_bust_and_kill_9_changes_nothing(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        bob.place("bob.main", "BTC-USD", "sell", "0.5", "60000")
        next_report(bob, OrderAccepted)
        alice.place("alice.main", "BTC-USD", "buy", "0.5", "60000")
        fills = next_report(alice, OrderFilled), next_report(bob, OrderFilled)
        trade = ("BTC-USD", str(fills[0].message.trade_id), "--reason", "a slip")

        corrected = exchange.command("correct", *trade, "--price", "59000")
        assert corrected.status == 0, corrected.stderr
        assert "0.50000000 at 60000.00, is one at 59000.00" in corrected.stderr
        assert "alice.main had bought" in corrected.stderr
        corrections = next_report(alice, TradeCorrected), next_report(bob, TradeCorrected)
        kill(exchange, *SHARDS)
        busted = exchange.command("bust", *trade)
        assert busted.status == 0, busted.stderr
        assert "at 59000.00, is void" in busted.stderr
        assert "bob.main had sold" in busted.stderr
        busts = next_report(alice, TradeBusted), next_report(bob, TradeBusted)
        kill(exchange, *SHARDS)
        again = exchange.command("bust", *trade)
        assert (again.status, "trade_busted" in again.stderr) == (1, True), again.stderr

    for fill, correction, bust in zip(fills, corrections, busts, strict=True):
        assert (str(correction.price), str(bust.price)) == ("59000.00", "59000.00")
        assert correction.message.previous_fee_amount == fill.message.fee_amount
        assert bust.message.fee_amount == correction.message.fee_amount
        assert bust.message.order_id == fill.message.order_id


def ledger(exchange: RunningExchange, *arguments: str) -> dict[tuple[str, str], str]:
    """What `bulkhead balances` says that accounts have."""
    told = exchange.command("balances", *arguments, "--json")
    assert told.status == 0, told.stderr
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    return {(row["account_id"], row["asset_id"]): row["amount"] for row in rows}


def test_the_ledger_is_shown_and_has_moved_back_what_was_busted(exchange: RunningExchange) -> None:
    before = ledger(exchange)
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        bob.place("bob.main", "BTC-USD", "sell", "0.5", "60000")
        next_report(bob, OrderAccepted)
        alice.place("alice.main", "BTC-USD", "buy", "0.5", "60000")
        fill = next_report(alice, OrderFilled).message
        next_report(bob, OrderFilled)

        def settled() -> dict[tuple[str, str], str]:
            now = ledger(exchange, "alice.main")
            return now if now["alice.main", "BTC"] != before["alice.main", "BTC"] else {}

        traded = until("the trade is in the ledger", settled)
        gained = Decimal(traded["alice.main", "BTC"]) - Decimal(before["alice.main", "BTC"])
        assert gained == Decimal("0.5")
        busted = exchange.command("bust", "BTC-USD", str(fill.trade_id), "--reason", "a slip")
        assert busted.status == 0, busted.stderr
    until("the ledger is as before", lambda: ledger(exchange) == before)
    shown = exchange.command("balances", "alice.main")
    assert "alice.main" in shown.stdout
    assert "bob.main" not in shown.stdout
    unknown = exchange.command("balances", "nobody")
    assert (unknown.status, "no such account: nobody" in unknown.stderr) == (1, True), unknown.stderr


def test_an_operator_and_a_participant_cancel_many_orders_at_once(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        for instrument, price in (("BTC-USD", "100"), ("BTC-USD", "101"), ("ETH-USD", "100")):
            alice.place("alice.main", instrument, "buy", "1", price)
            next_report(alice, OrderAccepted)
        asked = exchange.command(
            "mass-cancel", "--participant", "alice", "--instrument", "BTC-USD", "--reason", "test"
        )
        assert asked.status == 0, asked.stderr
        assert "2 orders are being canceled" in asked.stderr
        ends = [next_report(alice, OrderCanceled).message for _ in range(2)]
        assert {each.reason for each in ends} == {Reason.OPERATOR_CANCEL}
        assert [order.instrument_id for order in alice.orders()] == ["ETH-USD"]
        alice.mass_cancel("alice.main")
        assert next_report(alice, MassCanceled).message.asked == 1
        assert next_report(alice, OrderCanceled).message.reason is Reason.MASS_CANCEL
        assert alice.orders() == []


def test_what_is_wrong_is_said_and_nothing_is_sent(exchange: RunningExchange) -> None:
    for arguments, problem in (
        (("bust", "BTC-EUR", "1", "--reason", "x"), "no such instrument: BTC-EUR"),
        (("correct", "BTC-USD", "1", "--price", "cheap", "--reason", "x"), "is no decimal number"),
        (("bust", "BTC-USD", "999999", "--reason", "x"), "trade_unknown"),
        (("mass-cancel", "--reason", "x"), "filter_missing"),
    ):
        done = exchange.command(*arguments)
        assert (done.status, problem in done.stderr) == (1, True), done.stderr


def test_a_replay_of_every_shard_comes_to_its_state(exchange: RunningExchange) -> None:
    for shard in SHARDS:
        exchange.check_replay(shard)
