"""`topology explain`, `diff` and the forms of `validate`, as a person and a program use them."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bulkhead.topology.plan.explained import ANY, explained, leaves
from bulkhead.topology.problems import field_text
from cli import app

ROOT = Path(__file__).parents[3]
SMALL = Path(__file__).parent / "small.yaml"


def topology(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["topology", *map(str, arguments)])


def test_every_field_is_explained_with_description_values_and_what_a_change_does() -> None:
    for path in leaves():
        found = explained(field_text(path))
        assert found.description or path[-1] == ANY or path[-2] in ("keys", "phases"), path
        assert found.values
        assert found.example or ANY in path[-1:], path
        assert "changed" in found.effects, path


def test_a_field_is_explained_for_a_person() -> None:
    done = topology("explain", "boundaries.btc.suspect_after_ms")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "boundaries.btc.suspect_after_ms"
    for line in (
        "  values    a whole number from 100 to 60000",
        "  default   500",
        "  example   suspect_after_ms: 500",
        "  changed   applied: `bulkhead topology apply` tells it to those that run, and replaces no process",
    ):
        assert line in done.stdout.splitlines()


def test_a_group_lists_its_fields_and_an_entry_says_what_adding_and_removing_it_does() -> None:
    found = json.loads(topology("explain", "participants.alice", "--json").stdout)
    assert set(found["fields"]) == {"keys", "accounts", "balances", "limits"}
    assert {word: effect["level"] for word, effect in found["effects"].items()} == {
        "added": "applied",
        "removed": "refused",
    }


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("shards.risc.count", "shards has no field risc; did you mean risk?"),
        ("exchange.name", "exchange has no field name; there is nothing"),
        ("shards.books[0].instrument", "shards.books[0] has no field instrument; did you mean instruments?"),
    ],
)
def test_a_field_that_is_not_there_gets_the_nearest(field: str, hint: str) -> None:
    done = topology("explain", field)
    assert (done.exit_code, done.stderr.strip()) == (1, hint)


def test_diff_says_each_change_with_what_it_does(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SMALL.read_text().replace("budget: 5", "budget: 7").replace('"0.0010"', '"0.001"'))
    assert topology("diff", SMALL, SMALL).exit_code == 0
    done = topology("diff", SMALL, other)
    assert done.exit_code == 2
    assert "boundaries.trading.restarts.budget: 5 -> 7\n    applied: " in done.stdout
    changes = json.loads(topology("diff", SMALL, other, "--json").stdout)["changes"]
    assert [(change["field"], change["before"], change["after"]) for change in changes] == [
        ("boundaries.trading.restarts.budget", "5", "7"),
        ("boundaries.rest.restarts.budget", "5", "7"),
    ]
    assert topology("diff", SMALL, tmp_path / "none.yaml").exit_code == 1


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong, 100%.yaml"
    file.write_text(SMALL.read_text().replace("quote: USD", "quote: USDT"))
    return file


def test_validate_makes_annotations_for_a_review(wrong: Path) -> None:
    done = topology("validate", "--topology", wrong, "--format", "github")
    place = str(wrong).replace("%", "%25").replace(",", "%2C")
    assert done.exit_code == 1
    assert done.stdout == (
        f"::error file={place},line=9,col=12,title=topology::instruments.BTC-USD.quote: there is no asset"
        " USDT; did you mean USD?\n"
    )


def test_validate_takes_several_files_and_says_of_each_what_is_wrong(wrong: Path) -> None:
    done = topology("validate", SMALL, wrong)
    assert done.exit_code == 1
    valid, problem = done.stdout.splitlines()
    assert valid.startswith(f"{SMALL}: valid. Exchange test: ")
    assert problem.startswith(f"{wrong}:9:12: instruments.BTC-USD.quote: there is no asset USDT")
    told = json.loads(topology("validate", SMALL, wrong, "--json").stdout)
    assert told["valid"] is False
    assert [(each["file"], each["valid"]) for each in told["files"]] == [
        (str(SMALL), True),
        (str(wrong), False),
    ]
    log = json.loads(topology("validate", wrong, SMALL, wrong, "--format", "sarif").stdout)
    assert len(log["runs"][0]["results"]) == 2
    assert topology("validate", SMALL, SMALL).exit_code == 0
    assert topology("validate", SMALL, "--topology", SMALL).exit_code == 2


def test_the_hook_of_the_docs_refuses_a_commit_with_a_file_that_is_wrong(wrong: Path, tmp_path: Path) -> None:
    """As pre-commit runs it: its entry, with those of the commit's files that its pattern finds."""
    text = (ROOT / "docs" / "topology.md").read_text()
    (block,) = re.findall(r"```yaml\n(repos:.*?)```", text, re.DOTALL)
    (hook,) = yaml.safe_load(block)["repos"][0]["hooks"]
    right = tmp_path / "prod" / "topology.yaml"
    named = [str(each) for each in (right, tmp_path / "notes.yaml") if re.search(hook["files"], str(each))]
    assert named == [str(right)]
    right.parent.mkdir()
    command, *arguments = hook["entry"].split()
    assert command == "bulkhead"
    for content, status in ((SMALL, 0), (wrong, 1)):
        right.write_text(content.read_text())
        assert CliRunner().invoke(app, [*arguments, *named]).exit_code == status


def test_validate_writes_sarif_for_what_is_wrong_and_for_what_is_right(wrong: Path) -> None:
    done = topology("validate", "--topology", wrong, "--format", "sarif")
    log = json.loads(done.stdout)
    (result,) = log["runs"][0]["results"]
    assert (done.exit_code, log["version"], result["level"]) == (1, "2.1.0", "error")
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == str(wrong)
    assert location["region"] == {"startLine": 9, "startColumn": 12}
    right = topology("validate", "--topology", SMALL, "--format", "sarif")
    assert (right.exit_code, json.loads(right.stdout)["runs"][0]["results"]) == (0, [])
