"""The rules' version is changed and changed back: in which order, and what is on its way meanwhile."""

from typing import Any

import pytest

from bulkhead.domain.messages.approvals import ApproveDecision, DecisionProposed
from bulkhead.domain.messages.behaviour import BehaviourChanged, BehaviourTaken, ChangeBehaviour
from bulkhead.domain.messages.control import SetBehaviour
from bulkhead.domain.messages.decisions import DecisionRefused, DecisionTaken
from bulkhead.domain.messages.kill_switch import KillOwn, OwnKillSwitchSet
from bulkhead.domain.messages.listing import ListInstrument
from bulkhead.domain.messages.mass import MassCancel, MassCanceled
from bulkhead.domain.messages.reports import CancelRejected, OrderCanceled
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase
from tests.property.exchange_topology import TEXT
from tests.support.exchange import messages_in
from tests.support.operator import Operator
from tests.unit.behaviour.changing import BOOKS, CANCEL, RISK, SETTLEMENT, Changing


@pytest.fixture(name="changing")
def _changing() -> Changing:
    return Changing(TEXT)


def told(news: list[Any]) -> list[Any]:
    return [each for each in news if isinstance(each, BehaviourTaken | BehaviourChanged)]


def of_cancel(reports: list[Any]) -> list[Any]:
    return [each for each in reports if isinstance(each, CancelRejected | OrderCanceled)]


def is_refused(report: Any) -> bool:
    return isinstance(report, CancelRejected) and (report.reason, report.actual) == (
        Reason.INSTRUMENT_HALTED,
        Phase.CLOSED,
    )


def test_a_cancel_while_closed_is_refused_by_version_1_and_taken_by_version_2(changing: Changing) -> None:
    (refused,) = of_cancel(changing.cancel())
    assert is_refused(refused)
    changing.change(2)
    (canceled,) = of_cancel(changing.cancel())
    assert isinstance(canceled, OrderCanceled)
    assert canceled.client_order_id == "x-buy"


def test_so_is_a_mass_cancel_and_what_a_kill_switch_ends(changing: Changing) -> None:
    everything = MassCancel("m1", "alice.main", None, None, None)
    changing.change(2)
    changing.alice.send(everything)
    changing.exchange.settle()
    reports = changing.alice.reports()
    (answer,) = [each for each in reports if isinstance(each, MassCanceled)]
    assert (answer.asked, answer.pending, answer.closed) == (3, 0, 0)
    assert len(of_cancel(reports)) == 3
    changing.alice.send(KillOwn("k1"))
    changing.exchange.settle()
    (thrown,) = [each for each in changing.alice.reports() if isinstance(each, OwnKillSwitchSet)]
    assert (thrown.asked, thrown.closed) == (1, 0)


def test_a_higher_version_is_taken_by_settlement_then_books_then_risk(changing: Changing) -> None:
    news = told(changing.change(2))
    assert [each.shard for each in news[:-1]] == [*SETTLEMENT, *BOOKS, *RISK]
    assert news[-1] == BehaviourChanged(1, 2)
    assert set(changing.versions().values()) == {2}


def test_and_it_goes_back_the_other_way_round(changing: Changing) -> None:
    changing.change(2)
    news = told(changing.change(1))[8:]
    assert [each.shard for each in news[:-1]] == [*RISK, *BOOKS, *SETTLEMENT]
    assert news[-1] == BehaviourChanged(2, 1)
    assert set(changing.versions().values()) == {1}
    (refused,) = of_cancel(changing.cancel())
    assert is_refused(refused)


def test_no_risk_shard_has_a_version_that_some_book_has_not_confirmed(changing: Changing) -> None:
    changing.decide(2)
    changing.step(*SETTLEMENT, "control/0", "book/0", "book/2", "control/0", *RISK)
    assert changing.versions() == {
        **dict.fromkeys(SETTLEMENT, 2),
        "book/0": 2,
        "book/1": 1,
        "book/2": 2,
        **dict.fromkeys(RISK, 1),
    }
    changing.alice.send(CANCEL)
    changing.step(*RISK)
    (refused,) = of_cancel(changing.alice.reports())
    assert is_refused(refused)
    changing.exchange.settle()
    assert set(changing.versions().values()) == {2}


def test_a_cancel_that_is_on_its_way_when_the_rules_go_back_is_taken(changing: Changing) -> None:
    """The book is told by control that risk has gone back before it reads what risk had sent before that."""
    changing.change(2)
    changing.alice.send(CANCEL)
    changing.step(*RISK)
    changing.decide(1)
    changing.step(*RISK, "control/0")
    changing.exchange.settle()
    (canceled,) = of_cancel(changing.alice.reports())
    assert isinstance(canceled, OrderCanceled)
    assert set(changing.versions().values()) == {1}


def test_a_book_goes_back_only_when_every_risk_shard_has_said_so_in_its_own_stream(
    changing: Changing,
) -> None:
    changing.change(2)
    changing.decide(1)
    changing.step("risk/0", "book/0")
    assert changing.behaviour("book/0").left == {"risk/0": 2}
    assert changing.behaviour("book/0").version == 2
    snapshot = changing.exchange.shards["book/0"].machine.snapshot()
    changing.exchange.shards["book/0"].machine.restore(snapshot)
    changing.exchange.settle()
    assert changing.behaviour("book/0").version == 1
    assert changing.behaviour("book/0").state() == {}


def test_a_change_that_is_going_on_can_be_taken_back(changing: Changing) -> None:
    """As where a book has no replica that knows the version."""
    changing.decide(2)
    changing.step(*SETTLEMENT, "control/0", "book/0", "control/0")
    changing.decide(1)
    changing.exchange.settle()
    assert set(changing.versions().values()) == {1}
    assert told(changing.decisions())[-1] == BehaviourChanged(2, 1)
    assert set(changing.change(2)) >= {BehaviourChanged(3, 2)}
    assert set(changing.versions().values()) == {2}


def refusals(changing: Changing) -> list[Reason]:
    return [each.reason for each in changing.decisions() if isinstance(each, DecisionRefused)]


def test_what_cannot_be_is_refused_and_changes_nothing(changing: Changing) -> None:
    before = changing.exchange.domain("control/0").control.behaviour_changes
    for version in (1, 3, 0):
        changing.decide(version)
    assert refusals(changing) == [Reason.BEHAVIOUR_SAME, Reason.BEHAVIOUR_STEP, Reason.BEHAVIOUR_STEP]
    changing.exchange.settle()
    assert changing.exchange.domain("control/0").control.behaviour_changes == before
    changing.decide(2)
    changing.decide(2)
    assert refusals(changing)[3:] == [Reason.BEHAVIOUR_CHANGING]
    changing.decide(1)
    changing.decide(2)
    changing.decide(1)
    assert refusals(changing)[4:] == [Reason.BEHAVIOUR_CHANGING] * 2
    changing.exchange.settle()
    assert set(changing.versions().values()) == {1}


def test_no_book_is_added_while_the_rules_change_and_one_that_is_added_then_has_them(
    changing: Changing,
) -> None:
    numbers = (100, 1000, 1, 90, 110, 1, 1, 15, 9, 0, False, 0, False)
    new = ListInstrument("N-USD", 3, "X", "USD", *numbers, "new")
    changing.decide(2)
    changing.operator.decide(new)
    changing.step("control/0")
    assert refusals(changing) == [Reason.BEHAVIOUR_CHANGING]
    changing.exchange.settle()
    for topic in ("books", "market_data"):
        changing.exchange.log.create_topic(topic, 4)
    changing.operator.decide(new)
    changing.step("control/0")
    assert isinstance(changing.decisions()[-1], DecisionTaken)
    new_book = messages_in(changing.exchange.log.reader("books/3", "test"))
    assert SetBehaviour(2) in [message for _, message in new_book]


def test_every_snapshot_on_the_way_gives_what_a_run_without_any_gives(changing: Changing) -> None:
    plain, cut = Changing(TEXT), changing
    for exchange in (plain, cut):
        exchange.decide(2)
    for _ in range(8):
        for shard in cut.exchange.names:
            for exchange in (plain, cut):
                exchange.exchange.shards[shard].step(0.0)
            cut.exchange.shards[shard].snapshot()
            cut.exchange.start(shard)
    for exchange in (plain, cut):
        exchange.decide(1)
        exchange.exchange.settle()
    assert cut.exchange.digests() == plain.exchange.digests()
    assert cut.versions() == dict.fromkeys(cut.versions(), 1)


def test_more_than_one_operator_may_have_to_sign() -> None:
    operators = "keys: {operators: [operator, second]}\napprovals: {behaviour: 2}\nboundaries:"
    changing = Changing(TEXT.replace("boundaries:", operators))
    changing.operator.decide(ChangeBehaviour(2, "two of us"))
    changing.exchange.settle()
    assert set(changing.versions().values()) == {1}
    (proposed,) = [each for each in changing.decisions() if isinstance(each, DecisionProposed)]
    Operator(changing.exchange, "second").decide(ApproveDecision(proposed.digest, "yes"))
    changing.exchange.settle()
    assert set(changing.versions().values()) == {2}
