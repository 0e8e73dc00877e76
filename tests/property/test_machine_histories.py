"""The machines of a book partition, of a risk shard and of a settlement shard, whole, on both engines:
whatever comes to them, they say the same and hold the same.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.book_partition import machine as book_partition
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.risk import machine as risk
from bulkhead.domain.risk.signers import COMMANDS, OF_SESSIONS
from bulkhead.domain.settlement import machine as settlement
from bulkhead.errors import FatalError
from bulkhead.machines.interface import EventImpossible, MachineRaised, StreamBroken
from bulkhead.wire.frame import Unreadable
from tests.property.exchange_flow import fixed_seeds
from tests.property.machine_history import History
from tests.property.partition_history import PartitionHistory
from tests.property.risk_history import RiskHistory
from tests.property.settlement_history import SettlementHistory
from tests.support.native_book import needs_native_engine

pytestmark = needs_native_engine

Begin = Callable[[], History]
KINDS: Final = pytest.mark.parametrize("begin", [PartitionHistory, RiskHistory, SettlementHistory])
HEARD: Final[dict[Begin, frozenset[type]]] = {
    PartitionHistory: frozenset(book_partition.HANDLERS),
    RiskHistory: frozenset((*risk.HANDLERS, *COMMANDS, *OF_SESSIONS, OpenSession)),
    SettlementHistory: frozenset(settlement.HANDLERS),
}
"""by kind of machine: the messages that it takes"""
FAILURES: Final = frozenset((StreamBroken, EventImpossible, MachineRaised, Unreadable, FatalError))


@KINDS
@settings(max_examples=30)
@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=20, max_size=120))
def test_both_engines_say_and_hold_the_same_whatever_comes(begin: Begin, seeds: list[int]) -> None:
    history = begin()
    for seed in seeds:
        history.act(random.Random(seed))


@KINDS
def test_histories_have_every_message_that_the_machine_takes_and_every_way_to_fail(begin: Begin) -> None:
    taken: Counter[type] = Counter()
    failures: Counter[type] = Counter()
    for number in range(20):
        history = begin()
        for seed in fixed_seeds(f"every message {number}", 500):
            history.act(random.Random(seed))
        taken += history.taken
        failures += history.failures
    assert sorted(kind.__name__ for kind in HEARD[begin] - taken.keys()) == []
    assert FAILURES - failures.keys() == set()
