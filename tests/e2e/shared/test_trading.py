"""Two participants trade at an exchange that the command has started."""

import os
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

from actors.attach import Question, call
from actors.audit import audit
from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled
from bulkhead.domain.terms import Role
from bulkhead.topology import derived
from tests.support.running import RunningExchange, next_report, shards_by_name, trade, until


def test_status_names_every_shard_with_its_instruments_and_all_of_them_run(exchange: RunningExchange) -> None:
    done = exchange.command("status", "--json")
    status = done.json
    assert done.status == 0
    assert status["running"]
    assert {row["state"] for row in status["shards"]} == {"running"}
    expected = {shard.name for shard in derived.shards(exchange.installation.topology)} - {"supervisor"}
    assert {row["shard"] for row in status["shards"]} == expected
    assert {"book/0 BTC-USD", "book/1 ETH-USD", "risk/0"} <= {row["title"] for row in status["shards"]}


def test_a_shard_that_there_is_not_is_told_with_those_that_there_are(exchange: RunningExchange) -> None:
    done = exchange.command("status", "risk/9")
    assert (done.status, done.stdout) == (2, "")
    assert "there is no shard risk/9; there are control/0, clock/0" in done.stderr.replace("\n", " ")


def test_up_tells_programs_where_everything_is(exchange: RunningExchange) -> None:
    told = exchange.command("up", "--json").json
    status = exchange.status()
    assert (told["exchange"], told["running"], told["halted"]) == ("dev", True, "")
    assert told["dashboard"] == status["dashboard"]
    assert told["shards"].keys() == {row["shard"] for row in status["shards"]}
    assert told["connection"] == str(exchange.connection)
    assert Path(told["token"]).is_file()


def test_both_sides_of_a_trade_are_told_of_it_with_their_fees(exchange: RunningExchange) -> None:
    bought, sold = trade(exchange, "BTC-USD", "0.5", "200.25")
    for fill in (bought, sold):
        assert (fill.price, fill.quantity, fill.leaves) == (Decimal("200.25"), Decimal("0.5"), Decimal(0))
    assert (bought.message.role, sold.message.role) == (Role.TAKER, Role.MAKER)
    # topology.yaml: takers pay 10 basis points of 0.5 x 200.25, makers nothing.
    assert (bought.fee, sold.fee) == (Decimal("0.100125"), Decimal(0))
    assert bought.message.trade_id == sold.message.trade_id


def test_candles_are_of_what_was_traded(exchange: RunningExchange) -> None:
    def day() -> Any:
        done = exchange.command("candles", "BTC-USD", "1d", "--count", "1", "--json")
        assert done.status == 0, done.stderr
        return done.json if done.stdout else {"close": ""}

    trade(exchange, "BTC-USD", "0.25", "201.50")
    before = until("the view has the trade", lambda: found if (found := day())["close"] == "201.50" else None)
    trade(exchange, "BTC-USD", "0.5", "201.75")
    after = until("the view has the next", lambda: found if (found := day())["close"] == "201.75" else None)
    assert after["trades"] - before["trades"] == 1
    assert after["volume_lots"] - before["volume_lots"] == 5 * 10**7
    assert "201.75" in exchange.command("candles", "BTC-USD").stdout
    for arguments, problem in (
        (("BTC-EUR",), "no such instrument: BTC-EUR"),
        (("BTC-USD", "1w"), "there are no candles of '1w'; there are 1s, 1m, 1h, 1d"),
    ):
        done = exchange.command("candles", *arguments)
        assert (done.status, problem in done.stderr) == (1, True), done.stderr


def test_watch_and_the_view_show_the_orders_that_rest(exchange: RunningExchange) -> None:
    orders = [("buy", "0.3", "9.50"), ("buy", "0.2", "9.50"), ("buy", "1", "9.45"), ("sell", "2.5", "10.05")]
    with connect(exchange.connection, "alice") as alice:
        placed = []
        for side, quantity, price in orders:
            placed.append(alice.place("alice.main", "ETH-USD", side, quantity, price))
            next_report(alice, OrderAccepted)
        book = {
            "bids": [("9.50", "0.50000000", 2), ("9.45", "1.00000000", 1)],
            "asks": [("10.05", "2.50000000", 1)],
        }
        watched = until(
            "watch shows four orders",
            lambda: _watched(exchange) if _orders(_watched(exchange)) == len(orders) else None,
        )
        for side, levels in book.items():
            assert [(at["price"], at["quantity"], at["orders"]) for at in watched[side]] == levels
        with exchange.attached():
            ladder = until(
                "the view shows the same", lambda: _same(call("view/0", "ladder", "ETH-USD"), watched)
            )
        assert ladder["instrument_id"] == "ETH-USD"
        for client_order_id in placed:
            alice.cancel("alice.main", client_order_id)
            next_report(alice, OrderCanceled)


def test_who_asks_a_view_again_and_again_is_not_hurt_when_it_dies(exchange: RunningExchange) -> None:
    with exchange.attached():
        question = Question("view/0", "book", "BTC-USD")
        until("the view answers", question.newest_answer)
        before = shards_by_name()["view/0"]
        os.kill(before["pid"], signal.SIGKILL)

        def back() -> bool:
            question.newest_answer()
            now = shards_by_name()["view/0"]
            return bool(now["restarts"] > before["restarts"] and now["state"] == "running")

        until("it is back", back)
        until("it answers anew", question.newest_answer)


def test_an_audit_waits_for_a_shard_that_is_being_restarted(exchange: RunningExchange) -> None:
    with exchange.attached():
        os.kill(shards_by_name()["settlement/0"]["pid"], signal.SIGKILL)
        assert audit(exchange.installation).problems == []


def _watched(exchange: RunningExchange) -> dict[str, list[dict[str, Any]]]:
    done = exchange.command("watch", "ETH-USD", "--once", "--json")
    assert done.status == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = done.json
    return found


def _orders(watched: dict[str, list[dict[str, Any]]]) -> int:
    return sum(int(level["orders"]) for side in ("bids", "asks") for level in watched[side])


def _same(ladder: dict[str, Any], watched: dict[str, list[dict[str, Any]]]) -> dict[str, Any] | None:
    """The ladder, if its levels are those that `watch` has shown."""
    levels = {
        side: [(at["price_ticks"], at["quantity_lots"], at["orders"]) for at in watched[side]]
        for side in ("bids", "asks")
    }
    shown = {side: [tuple(at) for at in ladder[side]] for side in levels}
    return ladder if shown == levels else None
