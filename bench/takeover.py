"""`python -m bench.takeover`: how long participants wait for an answer when a primary with a standby dies, or
is replaced as `topology apply` does it.

Two participants on different risk shards send orders for BTC-USD at a steady rate. Now and then the primary
of a risk shard or of the book is killed with kill -9 (or, `--how hand-over`, replaced by order). Two figures
of each: of a death from the blow to the first answer, read by a participant, of an order that was due after
it and goes that way, of a hand-over, whose moment nobody outside knows, the longest that such an order waited
from when the order was given until the new process was ready; and, to hold it against, how long orders take
while nothing happens. The last line is one JSON object.
"""

import json
import random
import secrets
import time
from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
import yaml

from actors.attach import call
from actors.memory import remembered
from actors.ordering import ASK_EVERY_S
from actors.orders import DONE, WORKING, Order
from bench.exchange import BOOK, TOPOLOGY, Kind, fresh_exchange
from bench.flood import ELSEWHERE, NEIGHBOUR, Steady, summary
from bench.pulsar.topology import generated
from bench.pulsar.venue import own_broker
from bench.setting import Setting
from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.installation.state import Installation
from chaos.exchange import RESTARTS, WITHOUT_REPLICAS
from chaos.victims import Process, Watch

BEFORE_S = 10.0
"""So long nobody dies."""
APART_S = (1.0, 2.0)
"""between a shard's return, with a standby that follows again, and the next blow"""
ANSWER_S = 30.0
"""An answer later than that is none."""
BACK_S = 120.0


class How(StrEnum):
    KILL = "kill"
    HAND_OVER = "hand-over"


class Blow(NamedTuple):
    shard: str
    at: float
    over_at: float
    """of a hand-over, when the new process was ready"""


def with_standbys(text: str) -> str:
    values = yaml.safe_load(text)
    for boundary in values["boundaries"].values():
        boundary["restarts"] = dict(RESTARTS)
        if not any(name.startswith(WITHOUT_REPLICAS) for name in boundary["contains"]):
            boundary["replicas"] = "standby"
    return yaml.safe_dump(values, sort_keys=False)


def _primary(watch: Watch, shard: str) -> Process:
    """Of a shard whose standby follows."""
    give_up_at = time.monotonic() + BACK_S
    while time.monotonic() < give_up_at:
        primary = watch.running(shard)
        if primary is not None and watch.following(shard) is not None:
            return primary
        time.sleep(0.05)
    raise TimeoutError(f"{shard} has no primary with a standby in {BACK_S:g} s: {watch.problem}")


def _waited_ms(steady: Steady, blow: Blow) -> float:
    """From a death to the first answer to an order that was due after it; of a hand-over the longest wait."""
    if blow.over_at > blow.at:
        waits = [answered - due for due, answered in steady.answered if blow.at <= due <= blow.over_at]
        return round(1000 * max(waits), 1) if waits else 1000 * ANSWER_S
    answers = [answered for due, answered in steady.answered if due >= blow.at]
    return round(1000 * (min(answers) - blow.at), 1) if answers else 1000 * ANSWER_S


def _replace(installation: Installation, actor: str) -> None:
    """As a change of its snapshots' policy does it."""
    memory = remembered(installation.supervisor_path)
    assert memory is not None  # it runs
    launch = memory.launches[actor]
    other = replace(launch, every_events=launch.every_events + 1)
    order = Order(secrets.token_hex(8), "replace", actor, other)
    while (outcome := call("supervisor", "order", order)) == WORKING:
        time.sleep(ASK_EVERY_S)
    assert outcome == DONE, outcome


def _strike(installation: Installation, how: How, kills: int, seed: int, shards: list[str]) -> list[Blow]:
    """Each of them, one after another, so often."""
    chance = random.Random(seed)
    blows = []
    with Watch() as watch:
        for number in range(kills):
            shard = shards[number % len(shards)]
            _primary(watch, shard)
            time.sleep(chance.uniform(*APART_S))
            victim = _primary(watch, shard)
            at = time.monotonic()
            if how is How.KILL:
                victim.kill()
                blows.append(Blow(shard, at, at))
            else:
                _replace(installation, victim.shard)
                blows.append(Blow(shard, at, time.monotonic()))
    return blows


def measure(installation: Installation, how: How, kills: int, per_s: int, seed: int) -> dict[str, Any]:
    path = installation.connection_path
    connection = Connection.load(path)
    risk = {
        name: connection.participant(name).orders.replace("orders", "risk") for name in (NEIGHBOUR, ELSEWHERE)
    }
    shards = sorted(set(risk.values()))
    with connect(path, NEIGHBOUR) as one, connect(path, ELSEWHERE) as other:
        before = [Steady(client, per_s, BEFORE_S) for client in (one, other)]
        for steady in before:
            steady.start()
        for steady in before:
            steady.join()
        during = [Steady(client, per_s, None) for client in (one, other)]
        for steady in during:
            steady.start()
        try:
            both = [name for shard in shards for name in (shard, BOOK)]
            blows = _strike(installation, how, kills, seed, both)
            time.sleep(1.0)
        finally:
            for steady in during:
                steady.stop()
        for steady in during:
            steady.join()
    waited: dict[str, list[float]] = {"risk": [], "book": []}
    for blow in blows:
        for steady, name in zip(during, risk, strict=True):
            if blow.shard in (BOOK, risk[name]):
                waited[blow.shard.partition("/")[0]].append(_waited_ms(steady, blow))
    return {
        "per_s": per_s,
        "how": how,
        "kills": len(blows),
        "undisturbed": [summary(steady) for steady in before],
        "unanswered": sum(steady.unanswered for steady in during),
        **{f"{kind}_waited": _told(found) for kind, found in waited.items()},
        "path": Setting(installation, 0).path(),
    }


def _told(found: list[float]) -> dict[str, Any]:
    found = sorted(found)
    if not found:
        return {"waits": 0}
    return {
        "waits": len(found),
        "p50_ms": found[len(found) // 2],
        "p99_ms": found[len(found) * 99 // 100],
        "max_ms": found[-1],
    }


def main(
    log: Annotated[
        Kind, typer.Option(help="That the exchange is on; pulsar: a broker of its own.")
    ] = Kind.SQLITE,
    how: Annotated[How, typer.Option(help="What happens to primaries.")] = How.KILL,
    kills: Annotated[int, typer.Option(help="How many primaries die.")] = 40,
    per_s: Annotated[int, typer.Option(help="Orders a second of each of the two.")] = 100,
    seed: Annotated[int, typer.Option(help="Of the moments.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Where broker and exchange are put.")] = None,
) -> None:
    """Kill or replace primaries, measure waits."""
    with ExitStack() as stack:
        text = TOPOLOGY.read_text()
        if log is Kind.PULSAR:
            broker = stack.enter_context(own_broker(folder, lambda _: None))
            text = generated("takeover", 4, broker.service_url, broker.admin_url)
        installation = stack.enter_context(fresh_exchange(with_standbys(text), folder))
        print(json.dumps(measure(installation, how, kills, per_s, seed)), flush=True)


if __name__ == "__main__":
    typer.run(main)
