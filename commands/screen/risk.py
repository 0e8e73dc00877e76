"""Risk events as a table, and as JSON."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from bulkhead.domain.messages.risk_events import (
    LimitBreached,
    LimitNear,
    QuotesPulled,
    RiskLimitChanged,
    SessionSilent,
    TradingStopped,
)
from bulkhead.views.risk_events import RiskEvent

STYLES = {"breach": "red", "near": "yellow", "stopped": "bold red", "silent": "bold red", "pulled": "magenta"}
"""Others are shown as they are."""


def risk_table(events: Iterable[RiskEvent]) -> Table:
    """One row each, in the order given. Times are the exchange's, UTC."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=True)
    for name in ("time", "event", "whose"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", ratio=1, overflow="fold")
    table.add_column("shard", justify="right", no_wrap=True)
    for shard, event in events:
        kind, whose, what = _described(event)
        time = datetime.fromtimestamp(event.time_ms / 1000, UTC).strftime("%H:%M:%S")
        table.add_row(time, Text(kind, STYLES.get(kind, "")), Text(whose), Text(what), str(shard))
    return table


def risk_json(told: RiskEvent) -> dict[str, Any]:
    """Every field of the event; numbers are whole, in what its reason counts."""
    event = told.event
    values = {field.name: _plain(getattr(event, field.name)) for field in fields(event)}
    return {"event": type(event).__name__, "risk_shard": told.risk_shard, **values}


def _plain(value: Any) -> Any:
    if isinstance(value, IntEnum):
        return value.name.lower()
    return value.hex() if isinstance(value, bytes) else value


def _described(event: Any) -> tuple[str, str, str]:
    """Its kind in a word, whose it is, and what happened."""
    match event:
        case LimitBreached():
            numbers = f"the last of {event.account_id}: {event.actual:,}, the limit is {event.bound:,}"
            return "breach", event.participant_id, f"{event.count:,} x {_word(event.reason)}; {numbers}"
        case LimitNear():
            words = (_word(event.reason), event.account_id, event.asset_id)
            limit = " ".join(word for word in words if word)
            return "near", event.participant_id, f"{limit}: {event.used:,} of {event.bound:,}"
        case RiskLimitChanged():
            limit = " ".join(word for word in (_word(event.reason), event.subject) if word)
            return "limit", event.participant_id, f"{limit}: {_limit(event.before)} -> {_limit(event.after)}"
        case TradingStopped():
            if not event.on:
                return "lifted", event.name, f"kill switch of {_word(event.scope)} is off"
            return "stopped", event.name, f"kill switch of {_word(event.scope)}; {_ended(event.asked)}"
        case SessionSilent():
            key = event.public_key.hex()[:12]
            return (
                "silent",
                event.participant_id,
                f"key {key}… for {event.after_ms / 1000:g} s; {_ended(event.asked)}",
            )
        case QuotesPulled():
            filled = f"{event.lots:,} lots in {event.fills:,} fills"
            return "pulled", event.participant_id, f"{event.quote_group}: {filled}; {_ended(event.asked)}"
        case _:
            return type(event).__name__, "", str(event)


def _word(member: IntEnum) -> str:
    return member.name.lower()


def _limit(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _ended(asked: int) -> str:
    return f"{asked:,} orders are canceled"
