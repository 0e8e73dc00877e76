"""A process beside the test, that appends to or reads the test's log.

append ADAPTER PLACE PARTITION PRODUCER COUNT SIZE   prints how many are confirmed after every poll
read   ADAPTER PLACE PARTITION COUNT                 prints the digest of all positions and frames in order
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from tests.integration.log.adapters import ADAPTERS
from tests.integration.log.helpers import numbered


def append(adapter: str, place: str, partition: str, producer: str, count: str, size: str) -> None:
    log = ADAPTERS[adapter].open(Path(place))
    writer = log.writer(partition, producer)
    for number in range(int(count)):
        writer.send(numbered(producer, number, int(size)), number + 1)
        if number % 3 == 0:
            print(writer.poll(10.0), flush=True)
    while writer.pending():
        writer.poll(10.0)
    print(writer.poll(), flush=True)
    log.close()


def read(adapter: str, place: str, partition: str, count: str) -> None:
    log = ADAPTERS[adapter].open(Path(place))
    reader = log.reader(partition, "worker")
    print("ready", flush=True)
    digest = hashlib.sha256()
    taken = 0
    while taken < int(count):
        records = reader.receive(10_000, 60.0)
        if not records:
            break
        for position, frame in records:
            digest.update(position + frame)
        taken += len(records)
    print(taken, digest.hexdigest(), flush=True)
    log.close()


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"append": append, "read": read}
    commands[sys.argv[1]](*sys.argv[2:])
