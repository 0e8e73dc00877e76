"""What operators add to an exchange that trades, and end. Books and risk run on both engines."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.approvals import DecisionGroup, Ending, ProposalEnded, RequireApprovals
from bulkhead.domain.messages.control import RegisterKey, SetPhase
from bulkhead.domain.messages.decisions import ChangeMade, ChangeRefused, DecisionRefused, DecisionTaken
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.listing import (
    AddAccount,
    AddAsset,
    AddOperator,
    RetireInstrument,
    RevokeOperator,
    SetFees,
)
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.participant import ReplaceOrder
from bulkhead.domain.messages.reports import BalanceCredited, OrderAccepted, OrderFilled, OrderRejected
from bulkhead.domain.messages.trading import SchedulePhase
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import LimitKind, Phase, Side
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.simulation.setting import key_of, public_bytes
from tests.property.exchange_topology import TEXT
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange, Trader, messages_in
from tests.support.listed import DAVE, FUNDED, IN_A_NEW_BOOK, NEW, order
from tests.support.operator import Operator

RESUMED = SetPhase(NEW.instrument_id, Phase.CONTINUOUS, "it may trade", reference=1)
HALTED = SetPhase(NEW.instrument_id, Phase.HALTED, "it ends", reference=2)
RETIRED = RetireInstrument(NEW.instrument_id, "it has ended", reference=3)
GOT = ChangeMade(NEW.instrument_id, 3, Phase.RETIRED)


class Desk:
    """An exchange, and operators who decide."""

    def __init__(self, text: str = TEXT) -> None:
        self.exchange = MemoryExchange(text, make=make_both)
        self.operator = Operator(self.exchange)
        self._decisions = self.exchange.log.reader("decisions/0", "test")

    def decide(self, *messages: Any, by: Operator | None = None) -> list[Any]:
        """What operators are told of these, that sessions were opened left out."""
        for message in messages:
            (by or self.operator).decide(message)
        self.exchange.settle()
        told = [message for _, message in messages_in(self._decisions)]
        return [each for each in told if not isinstance(each, DecisionTaken) or each.sequence != 1]

    def send(self, trader: Trader, *messages: Any) -> list[Any]:
        trader.send(*messages)
        self.exchange.settle()
        return trader.reports()

    def trader(self, name: str) -> Trader:
        trader = self.exchange.trader(name)
        trader.reports()
        return trader

    def book(self, number: int) -> Any:
        return self.exchange.domain(f"book/{number}").partition


@pytest.fixture(name="desk")
def _desk() -> Desk:
    return Desk()


def reason_of(told: list[Any]) -> Reason:
    (refused,) = told
    assert isinstance(refused, DecisionRefused | OrderRejected | ChangeRefused)
    return refused.reason


def test_a_new_instrument_is_refused_until_an_operator_resumes_it_and_then_trades(desk: Desk) -> None:
    alice, bob = desk.trader("alice"), desk.trader("bob")
    assert reason_of(desk.send(alice, order("early", Side.BUY))) is Reason.INSTRUMENT_UNKNOWN
    assert isinstance(desk.decide(NEW)[0], DecisionTaken)
    assert reason_of(desk.send(alice, order("halted", Side.BUY))) is Reason.INSTRUMENT_HALTED
    assert ChangeMade(NEW.instrument_id, 1, Phase.CONTINUOUS) in desk.decide(RESUMED)
    assert isinstance(desk.send(alice, order("a", Side.BUY))[0], OrderAccepted)
    filled = desk.send(bob, order("b", Side.SELL, "bob.main"))[-1]
    assert isinstance(filled, OrderFilled)
    assert filled.instrument_id == NEW.instrument_id
    settled = desk.exchange.domain("settlement/0").settlement, desk.exchange.domain("settlement/1").settlement
    assert all(
        each.instruments[NEW.instrument_id] == ("Z", "USD") and not each.early_legs for each in settled
    )
    assert sum(each.legs for each in settled) == 2


def test_risk_takes_no_order_of_a_new_instrument_before_its_book_knows_it() -> None:
    desk = Desk()
    alice = desk.trader("alice")
    desk.operator.decide(NEW)
    desk.operator.decide(RESUMED)
    for _ in range(20):  # everybody reads on but the book
        for name in desk.exchange.names:
            if name != "book/0":
                desk.exchange.shards[name].step(0.0)
    alice.send(order("a", Side.BUY))
    desk.exchange.shards["risk/0"].step(0.0)
    desk.exchange.shards["risk/1"].step(0.0)
    assert reason_of(alice.reports()) is Reason.INSTRUMENT_HALTED


def test_a_new_book_partition_hears_what_every_other_one_has_heard_before_its_first_instrument(
    desk: Desk,
) -> None:
    exchange = desk.exchange
    for topic in ("books", "market_data", "market_snapshots", "leases.book", "quarantine.book"):
        exchange.log.create_topic(topic, 4)
    desk.decide(IN_A_NEW_BOOK, RESUMED)
    told = [type(each).__name__ for _, each in messages_in(exchange.log.reader("books/3", "test"))]
    assert told == [
        "DefineShards",
        "SetBehaviour",
        *["SetSlots"] * 2,
        "DefineInstrument",
        "SetOrderRules",
        "SetPhase",
    ]
    exchange.names.append("book/3")
    exchange._destinations = lambda name: ()  # type: ignore[method-assign]  # not of its topology
    exchange.start("book/3")
    exchange.tick(1_000)
    alice, bob = desk.trader("alice"), desk.trader("bob")
    assert isinstance(desk.send(alice, order("a", Side.BUY))[0], OrderAccepted)
    assert isinstance(desk.send(bob, order("b", Side.SELL, "bob.main"))[-1], OrderFilled)
    old, new = desk.book(0), desk.book(3)
    assert (new.settlement, new.risk_shards, new.tick) == (old.settlement, old.risk_shards, old.tick)
    assert new.behaviour.version == old.behaviour.version
    assert new.tick > 0


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (replace(NEW, instrument_id="X-USD"), Reason.INSTRUMENT_KNOWN),
        (replace(NEW, book=4), Reason.SHARD_UNKNOWN),
        (replace(NEW, instrument_id="N/USD"), Reason.DEFINITION),
        (replace(NEW, quote_asset_id="Z"), Reason.DEFINITION),
        (replace(NEW, price_increment_ticks=0), Reason.DEFINITION),
        (replace(NEW, quantity_increment_lots=0), Reason.DEFINITION),
        (replace(NEW, price_min_ticks=111), Reason.DEFINITION),
        (replace(NEW, tick_lot_units=2**102), Reason.DEFINITION),
        (replace(NEW, lot_units=0), Reason.DEFINITION),
        (replace(DAVE, participant_id="alice"), Reason.PARTICIPANT_KNOWN),
        (replace(DAVE, slot=1024), Reason.DEFINITION),
        (replace(DAVE, participant_id="../dave"), Reason.DEFINITION),
        (FUNDED, Reason.PARTICIPANT_UNKNOWN),
        (AddAccount("alice.main", "alice", ()), Reason.ACCOUNT_KNOWN),
        (AddAccount("house", "alice", ()), Reason.ACCOUNT_KNOWN),
        (AddAccount("a b", "alice", ()), Reason.DEFINITION),
        (AddAsset("N", 19), Reason.DEFINITION),
        (AddOperator(bytes(32)), Reason.KEY_UNFIT),
        (AddOperator(public_bytes(key_of("alice"))), Reason.KEY_TAKEN),
        (AddOperator(public_bytes(key_of("operator"))), Reason.KEY_TAKEN),
        (RevokeOperator(public_bytes(key_of("alice"))), Reason.KEY_UNKNOWN),
        (RevokeOperator(public_bytes(key_of("operator"))), Reason.OPERATORS_NEEDED),
        (RETIRED, Reason.INSTRUMENT_UNKNOWN),
    ],
)
def test_what_can_not_be_added_or_ended_is_refused_and_nobody_is_told(
    desk: Desk, listed: Any, reason: Reason
) -> None:
    before = desk.exchange.digests()
    assert reason_of(desk.decide(listed)) is reason
    after = desk.exchange.digests()
    assert {name for name in after if after[name] != before[name]} == {"control/0"}


def test_an_instrument_is_retired_only_when_it_is_halted_and_has_no_order(desk: Desk) -> None:
    desk.decide(NEW, RESUMED)
    alice = desk.trader("alice")
    desk.send(alice, order("a", Side.BUY), order("b", Side.BUY))
    refused = ChangeRefused(NEW.instrument_id, 3, Reason.PHASE_NEEDED, Phase.HALTED, Phase.CONTINUOUS)
    assert desk.decide(RETIRED)[-1] == refused
    desk.decide(HALTED)
    assert desk.decide(RETIRED)[-1] == ChangeRefused(NEW.instrument_id, 3, Reason.ORDERS_OPEN, 0, 2)
    desk.decide(OperatorMassCancel(None, None, NEW.instrument_id, None, "it ends"))
    assert desk.decide(RETIRED)[-1] == GOT


def test_nothing_is_done_with_a_retired_instrument_and_its_id_is_not_given_again(desk: Desk) -> None:
    desk.decide(NEW, SchedulePhase(NEW.instrument_id, 0, Phase.CONTINUOUS), RETIRED)
    exchange = desk.exchange
    assert reason_of(desk.send(desk.trader("alice"), order("a", Side.BUY))) is Reason.INSTRUMENT_RETIRED
    gone = ChangeRefused(NEW.instrument_id, 1, Reason.INSTRUMENT_RETIRED, 0, 0)
    assert desk.decide(RESUMED)[-1] == gone
    assert desk.decide(RETIRED)[-1] == replace(gone, reference=3)
    assert reason_of(desk.decide(NEW)) is Reason.INSTRUMENT_KNOWN
    for time_ms in (1_000, 86_400_000, 200_000_000):  # its timetable does not open it
        exchange.tick(time_ms)
        exchange.settle()
    assert desk.book(0).instruments[NEW.instrument_id].book.phase is Phase.RETIRED
    for name in ("book/0", "risk/0", "control/0"):
        machine = exchange.shards[name].machine
        again = make_both(name)
        again.restore(machine.snapshot())
        assert again.digest() == machine.digest()


def test_an_order_that_was_on_its_way_when_its_instrument_was_retired_is_answered(desk: Desk) -> None:
    desk.decide(NEW, RESUMED)
    alice = desk.trader("alice")
    desk.operator.decide(HALTED)
    desk.operator.decide(RETIRED)
    alice.send(order("late", Side.BUY))
    for name in ("control/0", "risk/0", "risk/1", "book/0"):
        desk.exchange.shards[name].step(0.0)
    desk.exchange.settle()
    assert isinstance(alice.reports()[-1], OrderRejected)
    assert all(
        route.unanswered == 0 for risk in desk.exchange.risk_shards() for route in risk.routes.values()
    )


def test_no_phase_is_set_that_retires(desk: Desk) -> None:
    told = desk.decide(NEW, SetPhase(NEW.instrument_id, Phase.RETIRED, "", 7))
    assert told[-1] == ChangeRefused(NEW.instrument_id, 7, Reason.PHASE_UNSUITABLE, 0, Phase.RETIRED)
    told = desk.decide(SchedulePhase(NEW.instrument_id, 0, Phase.RETIRED, "", 8))
    assert told[-1] == ChangeRefused(NEW.instrument_id, 8, Reason.PHASE_UNSUITABLE, 0, Phase.RETIRED)


def test_a_new_participant_trades_with_what_its_account_was_given_within_its_limits(desk: Desk) -> None:
    desk.exchange.log.create_topic("reports.dave", 1)
    limit = SetLimit("dave", None, LimitKind.ORDER_SIZE, "Z", 40, "small")
    key = RegisterKey("dave", public_bytes(key_of("dave")), reason="its first")
    desk.decide(NEW, RESUMED, DAVE, limit, FUNDED, key)
    dave = Trader(desk.exchange, "dave")
    dave.open()
    desk.exchange.settle()
    credited = [each for each in dave.reports() if isinstance(each, BalanceCredited)]
    assert {each.asset_id: each.balance for each in credited} == {"USD": 5_000_000, "Z": 500}
    assert isinstance(desk.send(dave, order("a", Side.BUY, "dave.main"))[0], OrderAccepted)
    refused = desk.send(dave, order("b", Side.BUY, "dave.main", lots=5))
    assert reason_of(refused) is Reason.ORDER_SIZE_LIMIT
    filled = desk.send(desk.trader("alice"), order("c", Side.SELL))[-1]
    assert isinstance(filled, OrderFilled)
    assert any(isinstance(each, OrderFilled) for each in dave.reports())


def test_new_fees_are_those_of_orders_that_are_accepted_or_replaced_from_then_on(desk: Desk) -> None:
    """A fee is floor(rate x notional): what the orders were stamped with shows in it."""
    desk.decide(NEW, RESUMED, SetFees(1_000, 2_000, "cheaper"))
    alice, bob = desk.trader("alice"), desk.trader("bob")
    desk.send(alice, order("kept", Side.BUY), order("changed", Side.BUY))
    desk.decide(SetFees(100_000, 200_000, "dearer"))
    desk.send(alice, ReplaceOrder("alice.main", "changed", 99, 4))
    fills = desk.send(bob, replace(order("b", Side.SELL, "bob.main", lots=8), price_ticks=99))
    taken = [each.fee_amount for each in fills if isinstance(each, OrderFilled)]
    made = {
        each.client_order_id: each.fee_amount for each in alice.reports() if isinstance(each, OrderFilled)
    }
    assert made == {"kept": 400_000 // 10_000, "changed": 396_000 // 100}
    assert sum(taken) == (400_000 + 396_000) * 2 // 100


def test_an_asset_is_added_once_and_the_first_word_of_it_holds(desk: Desk) -> None:
    assert isinstance(desk.decide(AddAsset("N", 8))[0], DecisionTaken)
    assert reason_of(desk.decide(AddAsset("N", 9))) is Reason.ASSET_KNOWN
    desk.decide(AddAsset("USD", 2))  # of the genesis
    assert all((each.assets["N"], each.assets["USD"]) == (8, 6) for each in desk.exchange.risk_shards())


def test_an_operator_is_added_decides_and_is_revoked_for_ever(desk: Desk) -> None:
    second = Operator(desk.exchange, "second")
    desk.decide(AddOperator(second.public_key, "more hands"))
    assert isinstance(desk.decide(NEW, by=second)[0], DecisionTaken)
    desk.decide(RevokeOperator(desk.operator.public_key, "it has left"), by=second)
    assert desk.decide(RESUMED) == []
    assert reason_of(desk.decide(AddOperator(desk.operator.public_key), by=second)) is Reason.KEY_UNKNOWN
    back = RegisterKey("alice", desk.operator.public_key)
    assert reason_of(desk.decide(back, by=second)) is Reason.KEY_UNKNOWN


def test_operators_stay_as_many_as_a_decision_needs_and_what_one_had_signed_ends_with_it() -> None:
    desk = Desk(f"{TEXT}keys: {{operators: [operator, second, third]}}\n")
    desk.exchange.control(RequireApprovals(DecisionGroup.INSTRUMENTS, 2, 100))
    second, third = (Operator(desk.exchange, name) for name in ("second", "third"))
    (proposed,) = desk.decide(NEW, by=third)
    told = desk.decide(RevokeOperator(third.public_key, "its key was stolen"))
    assert told[0] == ProposalEnded(proposed.digest, Ending.WITHDRAWN)
    assert reason_of(desk.decide(RevokeOperator(second.public_key))) is Reason.OPERATORS_NEEDED


def test_control_comes_back_from_its_snapshot_with_what_was_added(desk: Desk) -> None:
    desk.decide(NEW, AddAsset("N", 8), DAVE)
    machine = desk.exchange.shards["control/0"].machine
    again: ReferenceMachine = make_both("control/0")
    again.restore(machine.snapshot())
    assert again.digest() == machine.digest()
    assert desk.exchange.domain("control/0").control.added_assets == {"N"}
