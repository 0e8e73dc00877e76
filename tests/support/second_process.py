"""Another process of a shard, started by hand beside that of the supervisor.

    python -m tests.support.second_process TOPOLOGY_FILE SHARD

It prints a line with its state whenever that changes, until its standard input ends.
"""

import select
import sys
from pathlib import Path

from actors.launches import launches
from actors.shard import ShardActor
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.topology.load import load

LOOK_EVERY_S = 0.05


def main(topology_file: str, shard: str) -> None:
    installation = Installation(load(Path(topology_file)), Path(topology_file))
    genesis_id = identity_of(installation).genesis_id
    launch = next(each for each in launches(installation, genesis_id) if each.shard == shard)
    actor = ShardActor(launch)
    told = ""
    while not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
        (machine,) = actor.status()["machines"]
        state = f"{machine['state']} {machine['last_error']}".strip()
        if state != told:
            told = state
            print(state, flush=True)
    actor.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
