"""`bulkhead topology status`: how each instrument is being traded just now."""

import json
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from actors.attach import NoAnswer, NotRunning, attached, call
from bulkhead.installation.state import Installation
from bulkhead.topology.derived import shards
from bulkhead.views.session import SessionView
from commands.decision import stop
from commands.opened import open_installation
from commands.screen.page import PHASE_STYLES
from commands.screen.session import session_words
from commands.screen.units import Units
from commands.topology import TopologyOption


def status(
    topology: TopologyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
) -> None:
    """Show each instrument's phase, indicative price and quantity, bands and mark price.

    It asks the views of a running exchange. Exit status 1 if nothing runs, or no view answers.
    """
    installation = open_installation(topology)
    try:
        with attached(installation):
            sessions = _sessions(installation)
    except (NotRunning, NoAnswer) as problem:
        stop(str(problem))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("instrument", "phase", "indicative", "bands", "mark"):
        table.add_column(name, overflow="fold")
    for instrument_id, instrument in installation.topology.instruments.items():
        session = sessions[instrument_id]
        if as_json:
            print(json.dumps({"instrument_id": instrument_id, "session": session}))
        elif session is None:
            table.add_row(instrument_id, "no view follows it")
        else:
            units = Units(Decimal(instrument.tick_size), Decimal(instrument.lot_size))
            words = session_words(session, units)
            style = PHASE_STYLES.get(session["phase"], "bold")
            told = (words.get(name, "") for name in ("indicative", "bands", "mark"))
            table.add_row(instrument_id, f"[{style}]{session['phase']}[/]", *told)
    if not as_json:
        Console(highlight=False).print(table)


def _sessions(installation: Installation) -> dict[str, SessionView | None]:
    instruments = installation.topology.instruments
    return {instrument_id: ask_views(installation, "session", instrument_id) for instrument_id in instruments}


def ask_views(installation: Installation, question: str, instrument_id: str, *more: Any) -> Any:
    """What the first view that follows the instrument answers; None where none does."""
    views = (shard.name for shard in shards(installation.topology) if shard.kind == "view")
    answers = (call(view, question, instrument_id, *more) for view in views)
    return next((found for found in answers if found is not None), None)
