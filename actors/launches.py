"""What the actors of an exchange are told when they start, as its topology has it."""

from actors.launch import Launch
from bulkhead.installation.state import Installation
from bulkhead.machines.engines import chosen
from bulkhead.topology import derived
from bulkhead.topology.access import destinations, shard_role
from bulkhead.topology.models import Topology
from bulkhead.topology.placement import REPLICAS, Grounds, Place
from bulkhead.topology.processes import Process


def launches(installation: Installation, genesis_id: bytes) -> list[Launch]:
    """Every actor of the topology but the supervisor, in the order in which they are started."""
    topology = installation.topology
    grounds = Grounds(topology)
    places, owners = grounds.places, set(grounds.owners.values())
    boundaries = derived.boundary_of(topology)
    return [
        Launch(
            shard=shard.name,
            replica=replica,
            replicas=topology.boundaries[boundaries[shard.name]].replicas,
            suspect_after_s=topology.boundaries[boundaries[shard.name]].suspect_after_ms / 1000,
            boundary=boundaries[shard.name],
            nodes=placed_on(topology, place := places[Process(shard.name, replica)]),
            shares_node=topology.placement is not None and place.boundary not in owners,
            memory_mib=place.memory_mib,
            cpus=place.cpus,
            first_cpu=place.first_cpu,
            partitions=shard.reads,
            destinations=destinations(topology, shard),
            title=_title(installation, shard, replica),
            exchange_id=topology.exchange,
            genesis_id=genesis_id.hex(),
            mac_key_path=str(installation.mac_key_path),
            log_address=installation.log_address_of(shard_role(topology.exchange, shard.name)),
            snapshots_address=installation.snapshots_address,
            views_address=installation.views_address,
            steps_folder=str(installation.steps_directory),
            engine=chosen(installation.engine or derived.engine_of(topology, shard.name, replica)),
            every_events=topology.snapshots.every_events,
            every_ticks=topology.snapshots.every_ticks,
            tick_ms=topology.clock.tick_ms,
        )
        for shard in derived.shards(topology)
        if shard.kind != "supervisor"
        for replica in REPLICAS[topology.boundaries[boundaries[shard.name]].replicas]
    ]


def placed_on(topology: Topology, place: Place) -> tuple[str, ...]:
    """The nodes of a process; none where there is only one, which needs no name."""
    return () if topology.placement is None else (place.node, *place.others)


def engines_of(installation: Installation) -> set[str | None]:
    """What was chosen for its shards; None: what is there."""
    if installation.engine is not None:
        return {installation.engine}
    topology = installation.topology
    return {
        derived.engine_of(topology, shard.name, replica)
        for shard in derived.shards(topology)
        for replica in ("a", "b")
    }


def _title(installation: Installation, shard: derived.Shard, replica: str) -> str:
    name = Process(shard.name, replica).name
    if shard.kind != "book":
        return name
    return f"{name} {' '.join(installation.topology.shards.books[shard.index].instruments)}"
