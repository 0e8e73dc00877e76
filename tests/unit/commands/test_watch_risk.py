"""How `bulkhead watch --risk` shows each risk event to a person and to a program."""

import json
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.messages.risk_events import (
    LimitBreached,
    LimitNear,
    QuotesPulled,
    RiskLimitChanged,
    SessionSilent,
    TradingStopped,
)
from bulkhead.domain.reasons import Reason
from bulkhead.views.risk_events import RiskEvent
from commands.screen.risk import risk_json, risk_table
from commands.watch import app

NOON_MS = 12 * 3_600_000
SHOWN = [
    (
        LimitBreached(NOON_MS, "alice", Reason.BALANCE, 1_234, "alice.main", 10**20, 2 * 10**20),
        ["breach", "alice", "1,234 x balance", "alice.main", f"{10**20:,}"],
    ),
    (
        LimitNear(NOON_MS, "bob", Reason.OPEN_ORDERS_LIMIT, 100, 91, None, None),
        ["near", "bob", "limit: 91 of 100"],
    ),
    (
        LimitNear(NOON_MS, "bob", Reason.POSITION_LIMIT, 100, 91, "bob.main", "X"),
        ["near", "bob", "bob.main X: 91 of 100"],
    ),
    (
        RiskLimitChanged(NOON_MS, "bob", Reason.NOTIONAL_LIMIT, "USD", None, 5_000),
        ["limit", "notional_limit USD: none -> 5,000"],
    ),
    (TradingStopped(NOON_MS, KillScope.INSTRUMENT, "X-USD", True, 7), ["stopped", "X-USD", "7 orders"]),
    (TradingStopped(NOON_MS, KillScope.EVERYTHING, "", False, 0), ["lifted", "everything is off"]),
    (SessionSilent(NOON_MS, "carol", b"\xab" * 32, 2_500, 3), ["silent", "carol", "abababababab…", "2.5 s"]),
    (QuotesPulled(NOON_MS, "carol", "quotes", 9, 2, 1), ["pulled", "quotes: 9 lots in 2 fills"]),
]


@pytest.mark.parametrize(("event", "words"), SHOWN, ids=lambda value: type(value).__name__)
def test_a_row_says_when_what_whose_and_where(event: Any, words: list[str]) -> None:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(risk_table([RiskEvent(1, event)]))
    row = captured.get().splitlines()[-2]
    for word in ("12:00:00", *words):
        assert word in row
    assert row.rstrip().endswith("1")


@pytest.mark.parametrize(("event", "words"), SHOWN, ids=lambda value: type(value).__name__)
def test_a_program_is_given_every_field_in_whole_numbers_and_words(event: Any, words: list[str]) -> None:
    told = json.loads(json.dumps(risk_json(RiskEvent(0, event))))
    assert (told["event"], told["risk_shard"], told["time_ms"]) == (type(event).__name__, 0, NOON_MS)
    assert len(told) == 2 + len(event.__dataclass_fields__)
    if isinstance(event, LimitBreached):
        assert (told["reason"], told["bound"]) == ("balance", 10**20)


def test_it_takes_no_instrument() -> None:
    done = CliRunner().invoke(app, ["X-USD", "--risk", "--json"])
    assert done.exit_code == 1
    assert "--risk is of the whole exchange" in done.output
