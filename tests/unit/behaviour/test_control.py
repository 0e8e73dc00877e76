"""Control goes by the rules' version, too: its own inputs change it, so every replay of it changes there."""

import pytest

from bulkhead.domain import behaviour
from bulkhead.domain.control.machine import ControlMachine
from bulkhead.domain.messages.decisions import DecisionRefused
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import EventImpossible
from tests.property.exchange_topology import TEXT
from tests.unit.behaviour.changing import BOOKS, RISK, SETTLEMENT, Changing

NEXT = behaviour.NEWEST + 1


def goes_by(changing: Changing) -> int:
    domain = changing.exchange.domain("control/0")
    assert isinstance(domain, ControlMachine)
    return domain.control.rules_version


def test_it_has_a_higher_one_when_all_others_have_and_a_lower_one_before_them() -> None:
    changing = Changing(TEXT)
    assert goes_by(changing) == 1
    changing.decide(2)
    for shards in (SETTLEMENT, BOOKS, RISK):
        changing.step(*shards)
        assert goes_by(changing) == 1
        changing.step("control/0")
    assert goes_by(changing) == 2
    changing.decide(1)
    assert (goes_by(changing), set(changing.versions().values())) == (1, {2})
    changing.exchange.settle()
    assert goes_by(changing) == 1


def test_a_change_that_is_taken_back_never_was_its_own() -> None:
    changing = Changing(TEXT)
    changing.decide(2)
    changing.step(*SETTLEMENT, "control/0")
    changing.decide(1)
    assert goes_by(changing) == 1
    changing.exchange.settle()
    assert goes_by(changing) == 1


def test_a_replica_that_does_not_know_the_version_halts_itself_and_tells_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changing = Changing(TEXT, make_reference)
    with monkeypatch.context() as patch:
        patch.setattr(behaviour, "NEWEST", 1)
        with pytest.raises(EventImpossible, match="control/0: its rules are to be of version 2"):
            changing.decide(2)
    changing.step(*SETTLEMENT)
    assert set(changing.versions().values()) == {1}
    assert goes_by(changing) == 1


def test_what_control_refuses_halts_nobody() -> None:
    changing = Changing(TEXT)
    refused = changing.change(NEXT + 1)[-1]
    assert isinstance(refused, DecisionRefused)
    assert refused.reason is Reason.BEHAVIOUR_STEP


def test_a_snapshot_of_a_version_that_is_not_known_is_not_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    changing = Changing(TEXT, make_reference)
    changing.decide(2)
    snapshot = changing.exchange.shards["control/0"].machine.snapshot()
    monkeypatch.setattr(behaviour, "NEWEST", 1)
    with pytest.raises(FatalError, match=r"the snapshot is none:.* its rules are of"):
        make_reference("control/0").restore(snapshot)
