"""Limits and accounts that operators change while participants trade: told with numbers, held after kill -9,
and by two operators where the topology says so. And who has decided what.
"""

import json
from collections.abc import Iterator

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.limits import AccountStateTold
from bulkhead.domain.messages.reports import CancelRejected, OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import AccountState
from tests.support.orders import kill
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report

pytestmark = pytest.mark.pulsar

ETH = "ETH-USD"
CHANGES = {
    "exchange": "limits",
    "keys": {"operators": ["operator", "second"]},
    "approvals": {"accounts": 2, "within_s": 3600},
    "instruments": {
        ETH: {"price_collar": {"per_mille": 100}, "bands": {"static": "500", "reference": "100"}}
    },
    "participants": {"bob": {"limits": {"order_size_max": {"ETH": "5"}, "position_max": {"ETH": "103"}}}},
}


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(
        tmp_path_factory.mktemp("limits"), {**CHANGES, "log": pulsar_broker.topology}
    ) as running:
        yield running


def answer(client: Client, side: str, quantity: str, price: str) -> OrderAccepted | OrderRejected:
    client.place(f"{client.participant_id}.main", ETH, side, quantity, price)
    found: OrderAccepted | OrderRejected = next_report(client, (OrderAccepted, OrderRejected)).message
    return found


def test_each_refusal_reaches_the_participant_with_the_numbers_that_explain_it(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "bob") as bob:
        for side, quantity, price, reason, bound, actual in (
            ("buy", "1", "120", Reason.PRICE_COLLAR, 11_000, 12_000),
            ("sell", "1", "80", Reason.PRICE_COLLAR, 9_000, 8_000),
            ("buy", "6", "100", Reason.ORDER_SIZE_LIMIT, 5 * 10**8, 6 * 10**8),
            ("buy", "4", "100", Reason.POSITION_LIMIT, 103 * 10**8, 104 * 10**8),
        ):
            refused = answer(bob, side, quantity, price)
            assert isinstance(refused, OrderRejected)
            assert (refused.reason, refused.bound, refused.actual) == (reason, bound, actual)
        assert isinstance(answer(bob, "buy", "3", "90"), OrderAccepted)


def test_a_limit_that_was_changed_while_trading_holds_after_kill_9_of_risk_and_control(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice:
        assert isinstance(answer(alice, "buy", "1", "90"), OrderAccepted)
        done = exchange.command(
            "limits", "set", "alice", "open-notional", "150", "--asset", "USD", "--reason", "less risk"
        )
        assert (done.status, done.stderr) == (0, "alice: open-notional was none and is 150.0000000000.\n")
        kill(exchange, "risk/0", "risk/1", "control/0")
        refused = answer(alice, "buy", "1", "90")
        assert isinstance(refused, OrderRejected)
        assert (refused.reason, refused.bound) == (Reason.OPEN_NOTIONAL_LIMIT, 150 * 10**10)
        assert refused.actual == 180 * 10**10
        shown = exchange.command("limits", "show", "alice", "--json").json
        assert {"limit": "open-notional", "asset": "USD", "account": None, "bound": "150.0000000000",
                "used": "90.0000000000"} in shown["limits"]  # fmt: skip
        none = exchange.command(
            "limits", "set", "alice", "open-notional", "none", "--asset", "USD", "--reason", "it is over"
        )
        assert none.status == 0
        assert isinstance(answer(alice, "buy", "1", "90"), OrderAccepted)
    for shard in ("risk/0", "risk/1"):
        exchange.check_replay(shard)


def test_an_account_is_suspended_when_two_operators_have_signed_for_it(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "carol") as carol:
        resting = carol.place("carol.main", ETH, "buy", "1", "90")
        next_report(carol, OrderAccepted)
        suspended = exchange.command("account", "suspend", "carol.main", "--reason", "a court order")
        assert suspended.status == 3
        assert "2 operators are needed" in suspended.stderr
        waits = exchange.command("approvals", "list", "--json").json
        assert (waits["by"], waits["what"], waits["operators"]) == ("operator", "SetAccountState", 2)
        assert waits["fields"]["account_id"] == "carol.main"
        own = exchange.command("approvals", "approve", waits["digest"], "--reason", "me again")
        assert (own.status, "proposal_own" in own.stderr) == (1, True)
        assert exchange.command("account", "show", "carol.main", "--json").json["state"] == "active"

        kill(exchange, "control/0")
        approved = exchange.command(
            "--operator", "second", "approvals", "approve", waits["digest"][:12], "--reason", "seen it"
        )
        assert (approved.status, approved.stderr) == (0, "Approved, and done.\n")
        told = next_report(carol, AccountStateTold).message
        assert (told.account_id, told.state) == ("carol.main", AccountState.SUSPENDED)
        assert exchange.command("account", "show", "carol.main", "--json").json["state"] == "suspended"
        refused = answer(carol, "buy", "1", "90")
        assert isinstance(refused, OrderRejected)
        assert refused.reason is Reason.ACCOUNT_SUSPENDED
        carol.cancel("carol.main", resting)
        assert next_report(carol, CancelRejected).message.reason is Reason.ACCOUNT_SUSPENDED

        assert exchange.command("account", "resume", "carol.main", "--reason", "it is over").status == 3
        digest = exchange.command("approvals", "list", "--json").json["digest"]
        exchange.command("--operator", "second", "approvals", "approve", digest, "--reason", "agreed")
        assert next_report(carol, AccountStateTold).message.state is AccountState.ACTIVE
        carol.cancel("carol.main", resting)
        next_report(carol, OrderCanceled)
        assert exchange.command("approvals", "list", "--json").stdout == ""


def test_a_decision_that_was_withdrawn_changes_nothing(exchange: RunningExchange) -> None:
    assert exchange.command("account", "close", "carol.main", "--reason", "by mistake").status == 3
    digest = exchange.command("approvals", "list", "--json").json["digest"]
    assert exchange.command("approvals", "withdraw", digest, "--reason", "a mistake").status == 0
    late = exchange.command("--operator", "second", "approvals", "approve", digest, "--reason", "late")
    assert (late.status, "0 decisions that wait" in late.stderr) == (1, True)
    assert exchange.command("account", "show", "carol.main", "--json").json["state"] == "active"


def test_the_history_has_who_decided_what_and_why_and_what_came_of_it(exchange: RunningExchange) -> None:
    refused = exchange.command("limits", "set", "bob", "open-orders", "none", "--reason", "a slip")
    assert (refused.status, "limit_needed" in refused.stderr) == (1, True)
    collar = exchange.command("collar", ETH, "--none", "--reason", "calm")
    assert collar.status == 0
    told = [
        json.loads(line) for line in exchange.command("history", "--operators", "--json").stdout.splitlines()
    ]
    slip, calm = told[-2:]
    assert (slip["who"], slip["what"], slip["reason"], slip["outcome"]) == (
        "operator", "SetLimit", "a slip", "refused: limit_needed"
    )  # fmt: skip
    assert slip["fields"]["kind"] == "open_orders"
    assert (calm["what"], calm["outcome"]) == ("SetPriceCollar", "taken")
    assert [each["number"] for each in told] == list(range(1, len(told) + 1))
    approvals = [each for each in told if each["what"] == "ApproveDecision"]
    assert {each["who"] for each in approvals if each["outcome"] == "taken"} == {"second"}
    shown = exchange.command("history", "--operators")
    assert shown.status == 0
    assert "court" in shown.stdout
    assert exchange.command("history").status == 1
