"""A recorded history of a whole exchange: every partition's frames, and what each shard made of them.

`python -m tests.golden.history` records it anew. Do that when a change is meant to change what machines say
or what their snapshots hold, and say so in the commit; never to make a test pass. The flow is a fixed one:
recorded again, it gives the same file unless something has changed.
"""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import NamedTuple

from bulkhead.runtime.identity import Identity
from tests.property.exchange_flow import fixed_seeds, run

FILE = Path(__file__).parent / "history.json"
FLOW = fixed_seeds("golden 16", 140)
"""chosen among sixty: it is small and has 72 kinds of message and reason"""


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


def record() -> None:
    """Write the file."""
    exchange = run(FLOW).exchange
    identity = exchange.identity
    partitions = {
        f"{topic}/{number}": exchange.frames(f"{topic}/{number}")
        for topic, count in exchange.log.topics().items()
        for number in range(count)
    }
    endings = {}
    for name in exchange.names:
        machine = exchange.shards[name].machine
        streams = machine.streams()
        endings[name] = Ending(machine.digest().hex(), streams.inputs, streams.outputs)
    FILE.write_text(
        json.dumps(
            {
                "exchange_id": identity.exchange_id,
                "genesis_id": identity.genesis_id.hex(),
                "mac_key": identity.mac_key.hex(),
                "partitions": {
                    name: [b64encode(frame).decode() for frame in held] for name, held in partitions.items()
                },
                "endings": {name: ending._asdict() for name, ending in endings.items()},
            },
            indent=0,
        )
        + "\n"
    )


def load() -> History:
    """What was recorded."""
    saved = json.loads(FILE.read_text())
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
    record()
