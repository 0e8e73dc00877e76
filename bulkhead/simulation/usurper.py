"""A participant who signs a repair, as if it were an operator."""

import random

from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.quarantine import EventReplaced
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.source import Source
from bulkhead.simulation.evidence import records
from bulkhead.simulation.setting import IDENTITY
from bulkhead.simulation.stretch import KINDS, a_shards_frame
from bulkhead.simulation.world import World
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source

NEWEST_FRAMES = 20


def usurp(world: World, chance: random.Random) -> str:
    """An event that a shard has just applied, or is about to, is to be none."""
    who, name = chance.choice(world.participants), chance.choice(_some(world))
    position, data = chance.choice(records(world.network.log, input_partition(name))[-NEWEST_FRAMES:])
    frame = a_shards_frame(world, name, data)
    if frame is None:
        return "nobody"
    known = decided(world.network.log, IDENTITY, name).newest
    decision = EventReplaced(name, position, frame.source, frame.last, b"", "none", "a wish", known)
    signer = signer_source(who.public_key, world.schedule.now_us)
    stream = Source(world.network.log, IDENTITY, signer, "control/0", SignatureSealer(who.key), signer)
    events = [encode(OpenSession()), encode(decision)]
    world.network.append_strange("control/0", stream.frame(events, world.schedule.now_us))
    return f"{who.participant_id} would have {name} forget event {frame.last} of {frame.source}"


def _some(world: World) -> list[str]:
    """Who has heard something: not a shard that nobody has added yet."""
    some = [name for name in world.names if name.startswith(KINDS)]
    return [name for name in some if world.network.partition(input_partition(name)).records]
