"""Somebody who has the exchange's key says what no shard says. Who reads it halts itself, to be repaired."""

import random

from bulkhead.domain.messages.market_data import DepthRemoved
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import IDENTITY
from bulkhead.simulation.stretch import repairable
from bulkhead.simulation.world import World
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode


def intrude(world: World, chance: random.Random) -> str:
    assert world.repairer is not None  # in its seeds only
    name = chance.choice(repairable(world))
    source, partition = f"intruder/{world.schedule.now_us}", input_partition(name)
    stream = Source(world.network.log, IDENTITY, source, partition, MacSealer(IDENTITY.mac_key), source)
    frame = stream.frame([encode(DepthRemoved("none", 1))], world.schedule.now_us)
    world.repairer.damaged[name] += 1
    world.network.append_strange(partition, frame)
    return f"{name} is told by {source} what it does not know"
