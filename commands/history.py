"""`bulkhead history`: who has decided what."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.installation.history import Decided, operator_decisions
from bulkhead.log.open import open_log
from commands.decided import fields_of, key_names, sentence, words_of
from commands.decision import stop
from commands.opened import open_installation
from commands.topology import TopologyOption


def history(
    operators: Annotated[
        bool, typer.Option("--operators", help="Every decision of an operator, and what came of it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Who has decided what, when and why, as it stands in the log, each signature checked.

    Reads the whole of control's partition: no shard has to run. When is what the operator's machine said.
    """
    if not operators:
        stop("say whose history: --operators")
    installation = open_installation(topology)
    try:
        with closing(open_log(installation.log_address)) as log:
            found = operator_decisions(log, identity_of(installation))
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))
    names = key_names(installation)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("no", justify="right")
    for name in ("when", "who", "what", "why", "came of it"):
        table.add_column(name, overflow="fold")
    for decided in found:
        who = names.get(decided.public_key, decided.public_key.hex())
        when = datetime.fromtimestamp(decided.signed_at_us / 1e6, UTC)
        if as_json:
            print(json.dumps(_facts(decided, who, when)))
            continue
        what = "(can't be read)" if decided.message is None else sentence(decided.message)
        shown = (f"{when:%Y-%m-%d %H:%M:%S}", who, what, words_of(decided.message), decided.outcome)
        table.add_row(str(decided.number), *map(escape, shown))
    if not as_json:
        Console().print(table if table.row_count else "No operator has decided anything yet.")


def _facts(decided: Decided, who: str, when: datetime) -> dict[str, Any]:
    message = decided.message
    return {
        "number": decided.number,
        "who": who,
        "public_key": decided.public_key.hex(),
        "epoch": decided.epoch,
        "sequence": decided.sequence,
        "signed_at": when.isoformat(),
        "what": None if message is None else type(message).__name__,
        "fields": {} if message is None else fields_of(message),
        "reason": words_of(message),
        "outcome": decided.outcome,
    }
