"""Recorded histories of a whole exchange: every partition's frames, and what each shard made of them.

`python -m tests.golden.history` records them anew. Do that when a change is meant to change what machines say
or what their snapshots hold, and say so in the commit; never to make a test pass. Each flow is a fixed one:
recorded again, it gives the same file unless something has changed.
"""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import NamedTuple

from bulkhead.runtime.identity import Identity
from tests.property.exchange_flow import fixed_seeds, run

FOLDER = Path(__file__).parent


class Flow(NamedTuple):
    """What is recorded in FOLDER/NAME.json."""

    seeds: list[int]
    every_type: bool
    """orders of every type and with all terms, not plain ones only"""


FLOWS = {
    "history": Flow(fixed_seeds("golden 16", 140), False),
    "every_type": Flow(fixed_seeds("every type 277", 600), True),
}
"""The first was chosen among sixty: it is small and has 72 kinds of message and reason; the second among
three hundred: it has every report, those of linked orders too, all that happens to quotes, and most of the
reasons for which a book ends an order by itself in continuous trading."""


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
    flow = FLOWS[name]
    exchange = run(flow.seeds, every_type=flow.every_type).exchange
    identity = exchange.identity
    partitions = {
        f"{topic}/{number}": exchange.frames(f"{topic}/{number}")
        for topic, count in exchange.log.topics().items()
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
