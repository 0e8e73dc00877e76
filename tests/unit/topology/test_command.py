"""`bulkhead topology` as a person and a program use it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.topology import app

HERE = Path(__file__).parent
SHIPPED = HERE.parents[2] / "topology.yaml"
SMALL = HERE / "small.yaml"


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.yaml"
    file.write_text(SMALL.read_text().replace("quote: USD", "quote: USDT").replace("fees:", "fees: # [red]"))
    return file


def test_validate_says_that_a_file_is_right_and_what_is_in_it() -> None:
    result = CliRunner().invoke(app, ["validate", "--topology", str(SMALL)])
    assert result.exit_code == 0
    assert "valid. Exchange test: 1 instruments, 9 shards, 2 boundaries, 2 participants." in result.stdout


def test_validate_lists_what_is_wrong_and_ends_with_status_1(wrong: Path) -> None:
    result = CliRunner().invoke(app, ["validate", "--topology", str(wrong)])
    assert result.exit_code == 1
    assert result.stdout == (
        f"{wrong}:9:12: instruments.BTC-USD.quote: there is no asset USDT; did you mean USD?\n"
    )
    assert result.stderr == "1 problem\n"


def test_validate_as_json_gives_every_part_of_a_problem(wrong: Path) -> None:
    result = CliRunner().invoke(app, ["validate", "--json", "--topology", str(wrong)])
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert (answer["valid"], answer["complete"]) == (False, True)
    assert answer["problems"] == [
        {
            "file": str(wrong),
            "line": 9,
            "column": 12,
            "field": "instruments.BTC-USD.quote",
            "problem": "there is no asset USDT",
            "hint": "did you mean USD?",
        }
    ]


def test_the_file_comes_from_the_environment_when_no_option_names_it(wrong: Path) -> None:
    environment = {"BULKHEAD_TOPOLOGY": str(wrong)}
    assert CliRunner().invoke(app, ["validate"], env=environment).exit_code == 1
    assert CliRunner().invoke(app, ["validate", "--topology", str(SMALL)], env=environment).exit_code == 0


def test_a_file_that_is_missing_is_an_answer_and_not_a_traceback(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    for command in ("validate", "show"):
        result = CliRunner().invoke(app, [command, "--topology", str(missing)])
        assert result.exit_code == 1
        assert f"{missing}:1:1: cannot be read" in result.output


@pytest.mark.parametrize("file", [SHIPPED, SMALL], ids=lambda file: file.name)
def test_show_draws_every_shard_boundary_and_participant_within_100_columns(file: Path) -> None:
    facts = json.loads(CliRunner().invoke(app, ["show", "--json", "--topology", str(file)]).stdout)
    result = CliRunner().invoke(app, ["show", "--topology", str(file)])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    names = [row["shard"] for row in facts["shards"]] + list(facts["boundaries"])
    names += [row["participant_id"] for row in facts["participants"]]
    names += [row["instrument_id"] for row in facts["instruments"]]
    for name in names:
        assert any(name in line for line in lines), name


def test_show_does_not_draw_a_file_that_is_wrong(wrong: Path) -> None:
    result = CliRunner().invoke(app, ["show", "--json", "--topology", str(wrong)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no asset USDT" in result.stderr


def test_long_names_are_folded_and_long_tables_are_cut_and_say_so(tmp_path: Path) -> None:
    long = "x" * 32
    many = "".join(f"  p{number}: {{keys: [p{number}], accounts: [p{number}]}}\n" for number in range(60))
    file = tmp_path / "many.yaml"
    text = SMALL.read_text().replace("BTC-USD", long).replace("  trading:\n", f"  {'b' * 32}:\n")
    file.write_text(text.replace("boundaries:\n", f"{many}boundaries:\n"))
    result = CliRunner().invoke(app, ["show", "--topology", str(file)])
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "and 22 more; --json has all" in result.stdout


def test_schema_prints_the_schema_as_json() -> None:
    result = CliRunner().invoke(app, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "Topology"
