"""Rules of the sources that neither ruff, mypy nor the import contracts can say."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.workers import LONG

ROOT = Path(__file__).resolve().parents[3]
LINES_MAX = 500
PACKAGES = ("actors", "bench", "bulkhead", "chaos", "commands", "examples", "k8s", "research", "tests")
SOURCES = sorted(
    [ROOT / "cli.py", *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))]
)
DOMAIN = sorted((ROOT / "bulkhead" / "domain").rglob("*.py"))
# Values and types only: a new entry must neither read a clock, draw a number, nor touch the outside.
DOMAIN_MAY_IMPORT = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "operator",
    "typing",
    "zlib",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"cli", *PACKAGES}
# Where a package is imported under another name than it is installed.
INSTALLED_AS = {"pytest-xdist": "xdist", "pulsar-client": "pulsar", "pyjwt": "jwt", "pyyaml": "yaml"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", DOMAIN, ids=name)
def test_the_domain_imports_a_listed_part_of_the_standard_library_and_itself(path: Path) -> None:
    foreign = {
        module
        for module in imported(ast.parse(path.read_text()))
        if module.split(".")[0] not in DOMAIN_MAY_IMPORT and not module.startswith("bulkhead.domain")
    }
    assert not foreign


@pytest.mark.parametrize("path", DOMAIN, ids=name)
def test_the_domain_has_no_float_and_divides_by_floor_only(path: Path) -> None:
    floats = [
        f"{name(path)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    ]
    assert not floats


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_short_enough_to_have_one_reason_to_change(path: Path) -> None:
    assert path.read_text().count("\n") <= LINES_MAX


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_left_to_be_done_later(path: Path) -> None:
    # Put together here, so that this file does not find itself.
    marks = re.compile("|".join([r"\bTO" + "DO", r"\bFIX" + "ME", r"\bXX" + "X"]) + r"\b")
    assert not marks.search(path.read_text())


def importable(requirements: list[str]) -> set[str]:
    distributions = {re.split(r"[\[<>=~!]", requirement)[0].lower() for requirement in requirements}
    return {INSTALLED_AS.get(distribution, distribution.replace("-", "_")) for distribution in distributions}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_what_is_imported_is_a_declared_dependency(path: Path) -> None:
    declared = importable(PROJECT["dependencies"])
    if path.is_relative_to(ROOT / "tests"):
        declared |= importable(PROJECT["optional-dependencies"]["dev"])
    modules = {module.split(".")[0] for module in imported(ast.parse(path.read_text()))}
    assert modules - sys.stdlib_module_names - OURS - declared == set()


def test_what_begins_first_is_there_and_named_once() -> None:
    assert [file for file in LONG if not (ROOT / file).is_file()] == []
    assert len(set(LONG)) == len(LONG)


def test_the_package_and_the_engine_have_one_version() -> None:
    package = PROJECT["version"]
    crate = tomllib.loads((ROOT / "engine" / "Cargo.toml").read_text())["package"]["version"]
    assert package == crate


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=name)
def test_a_lock_pins_every_version_with_a_hash_and_names_no_host(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    pins = text.replace("\\\n", " ").splitlines()
    assert pins
    assert [
        pin for pin in pins if not re.fullmatch(r"[\w.-]+==[^ ]+( ;.*?)?( +--hash=sha256:[0-9a-f]{64})+", pin)
    ] == []
