"""The comparison of the engines can fail: each bug planted in the native one is found, and no other."""

import importlib.machinery
import importlib.util
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from hypothesis import Phase, given, settings

from bulkhead.machines import native
from bulkhead.machines.factory import make_reference
from bulkhead.runner import native_book
from bulkhead.simulation.evidence import Evidence
from bulkhead.simulation.replay import replayed
from bulkhead.views import native as native_view
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.machine_history import History
from tests.property.partition_history import PartitionHistory
from tests.property.reversing_flow import ReversingFlow
from tests.property.risk_history import RiskHistory
from tests.property.settlement_history import SettlementHistory
from tests.property.test_auction_flows import AuctionFlow
from tests.property.test_engines import HISTORIES, judge
from tests.property.test_limit_flows import LIMITED as COLLARED
from tests.property.test_limit_flows import OPEN
from tests.property.test_linked_flows import LinkedFlow
from tests.property.test_quarantine import PoisonedFlow
from tests.property.test_regime_flows import RegimeFlow
from tests.property.view_history import ViewHistory
from tests.support import engine_mutants
from tests.support.both_engines import make_both, make_changing
from tests.support.engine_mutants import (
    AWAKE,
    MUTANTS,
    OF_A_VIEW,
    OF_RISK,
    OF_SETTLEMENT,
    OF_THE_BOOK,
    OF_THE_MACHINE,
    Mutant,
)

pytestmark = pytest.mark.skipif(
    shutil.which("cargo") is None,
    reason="the native engine's mutants are compiled, and there is no cargo here",
)


def _compare(examples: int) -> None:
    """Compare the engines on so many histories, the same in every run; what is found is not made small."""
    chosen = settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    chosen(given(**HISTORIES)(judge))()


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The native engine with every mutant in it, asleep."""
    return _loaded(engine_mutants.build(tmp_path_factory.mktemp("mutants")))


def _loaded(library: Path) -> ModuleType:
    loader = importlib.machinery.ExtensionFileLoader("_engine", str(library))
    spec = importlib.util.spec_from_loader("_engine", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _run_on_the_mutants(mutants: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_book, "BookCore", mutants.BookCore)
    monkeypatch.setattr(native, "Machine", mutants.Machine)
    monkeypatch.setattr(native, "MachineFailure", mutants.MachineFailure)
    monkeypatch.setattr(native_view, "MarketFacts", mutants.MarketFacts)


def _compare_histories(begin: Callable[[], History], rounds: int) -> None:
    """Play histories of a whole machine on both engines, the same in every run."""
    for number in range(rounds):
        history = begin()
        for seed in fixed_seeds(f"mutants {number}", 300):
            history.act(random.Random(seed))


def _search(compare: Callable[[int], None], count: int) -> None:
    """First where most are found at once."""
    _compare_histories(PartitionHistory, 6)
    compare(count)


def test_nothing_is_found_while_all_mutants_are_asleep() -> None:
    _compare(100)


@pytest.mark.parametrize("begin", [PartitionHistory, RiskHistory, SettlementHistory, ViewHistory])
def test_no_history_of_a_machine_finds_anything_while_all_mutants_are_asleep(
    begin: Callable[[], History],
) -> None:
    _compare_histories(begin, 2)


def _awake(mutants: tuple[Mutant, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "number", [pytest.param(MUTANTS.index(mutant) + 1, id=mutant.sentence) for mutant in mutants]
    )


@_awake(OF_THE_BOOK)
def test_a_mutant_of_the_book_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _search(_compare, 2000)


FLOWS: Final[tuple[Callable[[], Flow], ...]] = (
    lambda: Flow(text=COLLARED),
    lambda: Flow(text=COLLARED, make=make_changing),
    AuctionFlow,
    ReversingFlow,
    PoisonedFlow,
    RegimeFlow,
)


def _compare_machines(rounds: int) -> None:
    """Play flows of every kind on both engines, the same in every run."""
    for number in range(rounds):
        for kind, begin in enumerate(FLOWS):
            flow = begin()
            for seed in fixed_seeds(f"mutants {number} {kind}", 300):
                flow.act(seed)
            flow.finish()


def test_no_flow_finds_anything_while_all_mutants_are_asleep() -> None:
    _compare_machines(1)


@_awake(OF_THE_MACHINE)
def test_a_mutant_of_the_machine_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _search(_compare_machines, 20)


@pytest.fixture(scope="module")
def flows() -> list[Evidence]:
    """What exchanges of the reference's machines have done: in one few orders may be open, in one many."""
    return [_flow(text) for text in (COLLARED, OPEN)]


def _flow(text: str) -> Evidence:
    flow = LinkedFlow(text=text, make=make_reference)
    for seed in fixed_seeds("mutants", 700):
        flow.act(seed)
    flow.finish()
    return flow.evidence()


def _compare_risk(evidences: list[Evidence]) -> None:
    """Take what came to the risk shards once more, on both engines."""
    for evidence in evidences:
        for name in evidence.machines:
            if name.startswith("risk/"):
                replayed(evidence, name, make_both(name))


def test_no_risk_shard_finds_anything_while_all_mutants_are_asleep(flows: list[Evidence]) -> None:
    _compare_risk(flows)


@_awake(OF_RISK)
def test_a_mutant_of_risk_is_found(
    number: int, flows: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _compare_risk(flows)


@_awake(OF_SETTLEMENT)
def test_a_mutant_of_settlement_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _compare_histories(SettlementHistory, 20)


@_awake(OF_A_VIEW)
def test_a_mutant_of_a_view_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _compare_histories(ViewHistory, 5)
