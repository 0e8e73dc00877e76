"""The comparison of the engines can fail: each bug planted in the native one is found, and no other."""

import importlib.machinery
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import Phase, given, settings

from tests.property.test_engines import engine_histories, judge
from tests.support import engine_mutants
from tests.support.engine_mutants import AWAKE, MUTANTS

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
    chosen(given(*engine_histories)(judge))()


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
    monkeypatch.setitem(sys.modules, "bulkhead._engine", mutants)


def test_nothing_is_found_while_all_mutants_are_asleep() -> None:
    _compare(100)


@pytest.mark.parametrize("number", range(1, len(MUTANTS) + 1), ids=lambda n: MUTANTS[n - 1].sentence)
def test_a_mutant_is_found(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AWAKE, str(number))
    with pytest.raises(AssertionError):
        _compare(2000)
