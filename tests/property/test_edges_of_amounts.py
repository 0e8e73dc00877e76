"""Amounts at the edge of what can be reckoned with, 2^127: both engines take and refuse the same, on the wire
and in snapshots.
"""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.amounts import AMOUNT_MAX
from bulkhead.domain.integers import to_bytes
from bulkhead.domain.messages.control import DefineAsset, DefineParticipant, OpenAccount, SetNotionalLimit
from bulkhead.domain.messages.limits import SetLimit, SetLimitForOperator, ShowLimitsForOperator
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.terms import LimitKind
from bulkhead.errors import FatalError
from bulkhead.machines.factory import make_reference
from tests.property.machine_history import History
from tests.property.risk_history import SHARD
from tests.support.both_engines import BothEngines, both
from tests.support.native_book import needs_native_engine

pytestmark = needs_native_engine

OF_ASSETS: Final = (
    LimitKind.ORDER_NOTIONAL,
    LimitKind.ORDER_SIZE,
    LimitKind.POSITION,
    LimitKind.OPEN_NOTIONAL,
    LimitKind.CREDIT,
)
near_the_edge = st.integers(-3, 3).map(lambda more: AMOUNT_MAX + more)
amounts = near_the_edge | st.integers(0, 2**128 - 1)
OPERATOR: Final = bytes(32), 1, 1
MARKED: Final = 2**126 + 12_345
"""stands nowhere in a snapshot but where a test has put it"""


class Told(History):
    """A risk shard that knows a participant, an account and an asset."""

    def __init__(self) -> None:
        super().__init__(SHARD, ())
        self.say(
            "control/0",
            [DefineAsset("X", 2), DefineParticipant("p", 0, 0, 0, 9, 9), OpenAccount("a", "p")],
        )

    def limits(self) -> list[Any]:
        self.say("control/0", [ShowLimitsForOperator(*OPERATOR, "p")])
        return [dict(self.machine.domain.risk.participants["p"].notional_max), self.machine.domain.state()]


def _setting(kind: LimitKind, amount: int) -> list[Any]:
    """Each way to set a limit."""
    return [
        SetLimit("p", None, kind, "X", amount),
        SetLimitForOperator(*OPERATOR, "p", None, kind, "X", amount),
        SetNotionalLimit("p", "X", amount),
    ]


@settings(max_examples=60)
@given(kind=st.sampled_from(OF_ASSETS), way=st.integers(0, 2), amount=amounts)
def test_a_limit_that_no_amount_can_reach_changes_nothing_on_either(
    kind: LimitKind, way: int, amount: int
) -> None:
    told = Told()
    before = told.limits()
    assert told.say("control/0", [_setting(kind, amount)[way]])
    assert (told.limits() == before) == (amount > AMOUNT_MAX)


@settings(max_examples=60)
@given(deposits=st.lists(amounts, max_size=4))
def test_an_account_that_would_have_more_than_can_be_reckoned_with_halts_by_itself_on_both(
    deposits: list[int],
) -> None:
    told, total = Told(), 0
    for amount in deposits:
        told.say("settlement/0", [DepositSettled("a", "X", amount)])
        total += amount
        assert list(told.machine.quarantined()) == (["account a"] if total > AMOUNT_MAX else [])
        if total > AMOUNT_MAX:
            break


@settings(max_examples=60)
@given(amount=amounts)
def test_nor_is_such_a_deposit_kept_for_an_account_that_is_not_known_yet(amount: int) -> None:
    told = Told()
    assert told.say("settlement/0", [DepositSettled("unknown", "X", amount)]) == (amount <= AMOUNT_MAX)


def _marked() -> bytes:
    """A snapshot with an amount in each place that has any."""
    told = Told()
    told.say("control/0", [_setting(kind, MARKED)[0] for kind in OF_ASSETS])
    told.say("settlement/0", [DepositSettled("a", "X", MARKED), DepositSettled("unknown", "X", MARKED)])
    snapshot: bytes = told.machine.snapshot()
    return snapshot


def _packed(amount: int) -> bytes:
    data = to_bytes(amount)
    return bytes((0xC4, len(data))) + data


@settings(max_examples=60)
@given(place=st.integers(0, len(OF_ASSETS) + 1), amount=near_the_edge | st.integers(2**127, 2**150))
def test_a_snapshot_with_an_amount_beyond_is_restored_by_neither(place: int, amount: int) -> None:
    parts = _marked().split(_packed(MARKED))
    # A limit of each kind, a balance, an early deposit; then what reports of them have said.
    assert len(parts) > len(OF_ASSETS) + 2
    changed = (
        _packed(MARKED).join(parts[: place + 1]) + _packed(amount) + _packed(MARKED).join(parts[place + 1 :])
    )
    engines: BothEngines = both(make_reference(SHARD))
    if amount <= AMOUNT_MAX:
        engines.restore(changed)
        assert engines.snapshot() == changed
        return
    for engine in (engines.reference, engines.native):
        with pytest.raises(FatalError, match="the snapshot is none"):
            engine.restore(changed)
