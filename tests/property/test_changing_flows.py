"""Flows through the whole exchange whose books, risk and settlement shards change engines after every frame:
every promise holds, as where they never do.
"""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.test_kills import KillingFlow
from tests.property.test_limit_flows import LIMITED, OPEN
from tests.property.test_linked_flows import LinkedFlow
from tests.support.both_engines import make_changing
from tests.support.native_book import needs_native_engine

pytestmark = needs_native_engine

Say = Callable[[str], object]
FLOWS: Final[dict[str, Callable[[Say], Flow]]] = {
    "orders within limits": lambda say: Flow(say, LIMITED, make_changing),
    "pairs and brackets": lambda say: LinkedFlow(say, OPEN, make_changing),
    "kill switches, sessions, protections": lambda say: KillingFlow(say, make_changing),
}
KINDS: Final = pytest.mark.parametrize("begin", FLOWS.values(), ids=FLOWS)


def _play(flow: Flow, seeds: list[int]) -> None:
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)


@KINDS
@settings(max_examples=8)
@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=100))
def test_every_promise_holds_in_flows(begin: Callable[[Say], Flow], seeds: list[int]) -> None:
    _play(begin(note), seeds)


@KINDS
def test_every_promise_holds_in_a_long_flow(begin: Callable[[Say], Flow]) -> None:
    _play(begin(lambda text: None), fixed_seeds("changing", 600))
