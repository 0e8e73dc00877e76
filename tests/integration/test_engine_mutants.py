"""The comparison of the engines can fail: each bug planted in the native one is found, and no other."""

import importlib.machinery
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from hypothesis import Phase, given, settings

from bulkhead.machines import native
from bulkhead.runner import native_book
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.test_auction_flows import AuctionFlow
from tests.property.test_engines import HISTORIES, judge
from tests.property.test_limit_flows import LIMITED as COLLARED
from tests.property.test_quarantine import PoisonedFlow
from tests.property.test_regime_flows import RegimeFlow
from tests.property.test_reversals import ReversingFlow
from tests.support import engine_mutants
from tests.support.both_engines import make_changing
from tests.support.engine_mutants import AWAKE, MUTANTS, OF_THE_BOOK, OF_THE_MACHINE, Mutant

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


def test_nothing_is_found_while_all_mutants_are_asleep() -> None:
    _compare(100)


def _awake(mutants: tuple[Mutant, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "number", [pytest.param(MUTANTS.index(mutant) + 1, id=mutant.sentence) for mutant in mutants]
    )


@_awake(OF_THE_BOOK)
def test_a_mutant_of_the_book_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _compare(2000)


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
        _compare_machines(20)
