"""Recorded histories of a whole exchange: every partition's frames, and what each shard made of them.

`python -m tests.golden.history` records them anew. Do that when a change is meant to change what machines say
or what their snapshots hold, and say so in the commit; never to make a test pass. Each flow is a fixed one:
recorded again, it gives the same file unless something has changed.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from bulkhead.runtime.identity import Identity
from tests.property.exchange_flow import Flow, fixed_seeds, run
from tests.property.reversing_flow import run_reversing

FOLDER = Path(__file__).parent


FLOWS: Final[dict[str, Callable[[], Flow]]] = {
    "history": lambda: run(fixed_seeds("golden 16", 140), every_type=False),
    "every_type": lambda: run(fixed_seeds("every type 277", 600)),
    "undone": lambda: run_reversing(fixed_seeds("undone 41", 350)),
}
"""By the name of the file FOLDER/NAME.json: the flow that is recorded in it.

The first, with plain orders only, was chosen among sixty: it is small and has 72 kinds of message and
reason; the second, with orders of every type and all terms, among three hundred: it has every report, those
of linked orders too, all that happens to quotes, and most of the reasons for which a book ends an order by
itself in continuous trading; the third among forty: trades, of auctions too, are busted and corrected or that
is refused, orders end with their auction, operators cancel many, books halt and close.
"""


class Ending(NamedTuple):
    """Of one shard, when it has applied its partition."""

    state: str
    """digest of its snapshot"""
    inputs: dict[str, int]
    outputs: dict[str, tuple[int, str]]
    """by destination: last sequence, digest of all events"""


class History(NamedTuple):
    identity: Identity
    partitions: dict[str, list[bytes]]
    endings: dict[str, Ending]


def record(name: str) -> None:
    """Write the file."""
    exchange = FLOWS[name]().exchange
    identity = exchange.identity
    partitions = {
        f"{topic}/{number}": exchange.frames(f"{topic}/{number}")
        for topic, count in exchange.log.topics().items()
        if not topic.startswith("quarantine.")  # what processes tell each other there names each by chance
        for number in range(count)
    }
    endings = {}
    for shard in exchange.names:
        machine = exchange.shards[shard].machine
        streams = machine.streams()
        endings[shard] = Ending(machine.digest().hex(), streams.inputs, streams.outputs)
    (FOLDER / f"{name}.json").write_text(
        json.dumps(
            {
                "exchange_id": identity.exchange_id,
                "genesis_id": identity.genesis_id.hex(),
                "mac_key": identity.mac_key.hex(),
                "partitions": {
                    partition: [b64encode(frame).decode() for frame in held]
                    for partition, held in partitions.items()
                },
                "endings": {shard: ending._asdict() for shard, ending in endings.items()},
            },
            indent=0,
        )
        + "\n"
    )


def load(name: str) -> History:
    """What was recorded."""
    saved = json.loads((FOLDER / f"{name}.json").read_text())
    return History(
        Identity(saved["exchange_id"], bytes.fromhex(saved["genesis_id"]), bytes.fromhex(saved["mac_key"])),
        {name: [b64decode(frame) for frame in held] for name, held in saved["partitions"].items()},
        {
            name: Ending(
                ending["state"],
                ending["inputs"],
                {to: (last, digest) for to, (last, digest) in ending["outputs"].items()},
            )
            for name, ending in saved["endings"].items()
        },
    )


if __name__ == "__main__":
    for flow_name in FLOWS:
        record(flow_name)
