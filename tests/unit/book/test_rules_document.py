"""docs/rules.md names its proof for each rule, and leaves no table of cases out."""

import re

import yaml

from tests.support.book_cases import FOLDER

ROOT = FOLDER.parents[2]
ROWS = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "rules.md").read_text(), re.MULTILINE)
TABLES = {path.stem for path in FOLDER.glob("*.yaml")}


def test_the_rules_are_numbered_from_1() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, len(ROWS) + 1))


def test_every_rule_names_tables_or_tests_that_there_are() -> None:
    for number, proofs in ROWS:
        for proof in proofs.split(", "):
            named = (ROOT / proof.strip("`")).is_file() if proof.startswith("`") else proof in TABLES
            assert named, f"rule {number}: {proof}"


def test_every_table_of_cases_proves_a_rule() -> None:
    named = {proof for _, proofs in ROWS for proof in proofs.split(", ")}
    assert named >= TABLES - {"refusals"}  # the last section's


def test_every_source_says_how_far_it_was_read() -> None:
    """As the README of the tables says: checked, its title checked, or unchecked."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for source in yaml.load(path.read_text(), yaml.CSafeLoader)["follows"]:
            read, unread = (
                "(checked" in source or "(title checked)" in source,
                source.startswith("unchecked: "),
            )
            assert read != unread, f"{path.name}: {source}"


def test_every_property_names_a_test_that_there_is() -> None:
    named = re.findall(r"`(test_\w+)`", (ROOT / "docs" / "rules.md").read_text())
    source = (ROOT / "tests" / "property" / "test_book.py").read_text()
    assert named
    assert [name for name in named if f"def {name}(" not in source] == []
