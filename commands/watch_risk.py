"""`bulkhead watch --risk`: what risk shards tell a risk desk, live."""

import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.live import Live

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.log.open import open_log
from bulkhead.views.risk_events import RiskEvent, RiskEvents
from bulkhead.wire.authentication import Verifier
from commands.decision import stop
from commands.opened import open_installation
from commands.screen.risk import risk_json, risk_table
from commands.topology import TopologyOption

ROWS_MAX = 200
"""kept for the screen; --json has all"""
FRAME_LINES = 4
"""of the screen's height, that are no events"""
REFRESH_S = 0.2


def watch_risk(console: Console, once: bool, as_json: bool, topology: TopologyOption) -> None:
    """All there is, and then, unless `once`, what comes. Ctrl-C ends it."""
    try:
        with _opened(topology) as events:
            if as_json:
                _print_lines(events, once)
            elif once:
                console.print(risk_table(events.so_far()))
            else:
                _draw(events, console)
    except KeyboardInterrupt:
        return
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))


@contextmanager
def _opened(topology: TopologyOption) -> Iterator[RiskEvents]:
    installation = open_installation(topology)
    identity = identity_of(installation)

    def verifier(partition: str) -> Verifier:
        return Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)

    shards = installation.topology.shards.risk.count
    with (
        closing(open_log(installation.log_address)) as log,
        closing(RiskEvents(log, shards, verifier, "desk")) as events,
    ):
        yield events


def _print_lines(events: RiskEvents, once: bool) -> None:
    while True:
        for told in events.so_far():
            typer.echo(json.dumps(risk_json(told)))
        if once:
            return
        time.sleep(REFRESH_S)


def _draw(events: RiskEvents, console: Console) -> NoReturn:
    """The newest first."""
    kept: deque[RiskEvent] = deque(maxlen=ROWS_MAX)
    drawn: object = None
    with Live(console=console, screen=True, auto_refresh=False) as live:
        count = 0
        while True:
            for told in events.so_far():
                kept.appendleft(told)
                count += 1
            if drawn != (count, console.size):
                drawn = (count, console.size)
                rows = max(console.height - FRAME_LINES, 1)
                live.update(risk_table(list(kept)[:rows]), refresh=True)
            time.sleep(REFRESH_S)
