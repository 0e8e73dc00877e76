"""`bulkhead flow replay`: what it takes and what it cannot be played on."""

from pathlib import Path

import pytest
import typer

from bulkhead.flow.owners import ACCOUNTS, PARTICIPANTS
from bulkhead.flow.recording import FlowError, Recording
from bulkhead.flow.rows import PRICE_DECIMALS, QUANTITY_DECIMALS
from bulkhead.installation.connection import describe
from bulkhead.topology.load import loads
from commands.flow import parse_speed
from commands.flow_run import check_fit, commit

SHIPPED = (Path(__file__).parents[3] / "topology.yaml").read_text()
RECORDING = Recording([], [], 0, PRICE_DECIMALS, QUANTITY_DECIMALS, list(PARTICIPANTS), ACCOUNTS)


@pytest.mark.parametrize(
    ("text", "speed"), [("max", None), ("recorded", 1.0), ("1", 1.0), ("0.5", 0.5), ("10x", 10.0)]
)
def test_a_speed_is_max_or_recorded_or_a_multiple(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "nan", "inf", "x"])
def test_another_speed_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="max, recorded, or a multiple"):
        parse_speed(text)


def test_the_shipped_exchange_has_what_the_recording_needs() -> None:
    check_fit(describe(loads(SHIPPED), "memory:", bytes(16)), RECORDING)


@pytest.mark.parametrize(
    ("old", "new", "lacking"),
    [
        ("BTC-USD", "XBT-USD", "the instrument BTC-USD with tick 0.01 and lot 0.00000001"),
        ("flow3", "flow9", "the participant flow3 with accounts flow3.00 to flow3.24"),
        ("{prefix: flow0., count: 25}", "{prefix: flow0., count: 24}", "the participant flow0 with accounts"),
    ],
)
def test_an_exchange_that_the_recording_does_not_fit_is_told_what_it_lacks(
    old: str, new: str, lacking: str
) -> None:
    assert old in SHIPPED
    connection = describe(loads(SHIPPED.replace(old, new)), "memory:", bytes(16))
    with pytest.raises(FlowError, match=lacking):
        check_fit(connection, RECORDING)


def test_where_there_is_no_git_a_summary_names_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit() == ""
