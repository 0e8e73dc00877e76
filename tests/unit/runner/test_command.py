"""`bulkhead run`: files, standard streams, exit status."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulkhead.machines import engines
from bulkhead.machines.engines import Engine
from commands.run import app
from tests.support.native_book import needs_native_engine

_INSTRUMENT = '{"type":"instrument","instrument_id":"X","tick":1,"lot":1,"matching":"price_time"}\n'
_ORDER = '{"type":"place","order_id":7,"account_id":"a","side":"buy","price_ticks":5,"quantity_lots":2}\n'
_ANSWER = '{"type":"instrument","instrument_id":"X"}\n'


def test_a_file_is_run_into_a_file(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(_INSTRUMENT)
    result = CliRunner().invoke(app, ["book", "--in", str(source), "--out", str(target)])
    assert (result.exit_code, result.output) == (0, "")
    assert target.read_text() == _ANSWER


def test_a_dash_is_the_standard_stream() -> None:
    result = CliRunner().invoke(app, ["book", "--in", "-", "--out", "-"], input=_INSTRUMENT)
    assert (result.exit_code, result.stdout) == (0, _ANSWER)


def test_a_run_with_an_ill_formed_line_ends_with_status_1_and_all_answers() -> None:
    result = CliRunner().invoke(app, ["book"], input="?\n" + _INSTRUMENT)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1] + "\n" == _ANSWER


def test_a_rejected_command_is_no_error() -> None:
    result = CliRunner().invoke(app, ["book"], input=_INSTRUMENT + '{"type":"cancel","order_id":1}\n')
    assert result.exit_code == 0


def test_the_native_book_is_never_replaced_silently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "native_is_built", lambda: False)
    target = tmp_path / "out.jsonl"
    result = CliRunner().invoke(app, ["book", "--engine", "native", "--out", str(target)], input=_INSTRUMENT)
    assert result.exit_code == 2
    assert "not built" in result.stderr
    assert "`make venv`" in result.stderr
    assert not target.exists()


def test_where_no_engine_is_named_the_one_that_is_there_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "native_is_built", lambda: False)
    result = CliRunner().invoke(app, ["book"], input=_INSTRUMENT)
    assert (result.exit_code, result.stdout) == (0, _ANSWER)


@needs_native_engine
def test_both_engines_give_the_same_lines() -> None:
    lines = _INSTRUMENT + _ORDER + '{"type":"depth"}\n{"type":"orders"}\n{"type":"cancel","order_id":7}\n'
    one, other = (CliRunner().invoke(app, ["book", "--engine", engine], input=lines) for engine in Engine)
    assert (one.exit_code, one.stdout) == (other.exit_code, other.stdout)
    assert '"canceled","order_id":7' in one.stdout


def test_an_engine_that_there_is_not_is_refused() -> None:
    assert CliRunner().invoke(app, ["book", "--engine", "fast"], input=_INSTRUMENT).exit_code == 2


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_the_ledger_has_one_engine_and_ignores_the_option(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "native_is_built", lambda: False)
    opening = '{"type":"open_account","account_id":"a","asset":"USD","flags":[]}\n'
    result = CliRunner().invoke(app, ["ledger", "--engine", engine], input=opening)
    assert (result.exit_code, result.stdout) == (0, '{"type":"ok","account_id":"a"}\n')


def test_a_file_that_is_not_there_is_told_before_anything_is_written(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    result = CliRunner().invoke(app, ["ledger", "--in", str(tmp_path / "no"), "--out", str(target)])
    assert result.exit_code == 2
    assert f"cannot read --in {tmp_path / 'no'}: No such file or directory" in result.stderr
    assert not target.exists()


def test_a_target_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["book", "--out", str(tmp_path / "no" / "out")], input=_INSTRUMENT)
    assert result.exit_code == 2
    assert "cannot write --out" in result.stderr


def test_the_input_is_not_overwritten_by_the_output(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(_INSTRUMENT)
    result = CliRunner().invoke(app, ["book", "--in", str(source), "--out", str(source)])
    assert result.exit_code == 2
    assert "are the same file" in result.stderr
    assert source.read_text() == _INSTRUMENT
