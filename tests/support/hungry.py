"""A shard's process that needs more memory than its boundary allows: a test starts it and sees how it ends.

python -m tests.support.hungry TOPOLOGY_FILE
"""

import sys
import time
from pathlib import Path

from actors.launches import launches
from actors.placement import hold
from bulkhead.installation.state import Installation
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.shard import Shard
from bulkhead.topology.load import load

MIB = 1024 * 1024
ENOUGH_MIB = 1000
"""So much and no more: were there no limit, the machine is not to suffer."""


def hungry() -> Shard:
    taken = [bytes(bytearray(MIB)) for _ in range(ENOUGH_MIB)]
    raise AssertionError(f"there was no limit: {len(taken)} MiB were taken")


def main(topology_file: str) -> None:
    installation = Installation(load(Path(topology_file)), Path(topology_file))
    hold(next(each for each in launches(installation, b"") if each.actor == "book/0"))
    host = ShardHost("book/0", "books/0", hungry)
    host.start()
    while host.status()["state"] != "halted":
        time.sleep(0.01)
    print(host.status()["last_error"])


if __name__ == "__main__":
    main(sys.argv[1])
