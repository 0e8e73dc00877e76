"""The simulation's processes live as the product's do."""

from bulkhead.log.lease import lease_partition
from bulkhead.simulation.schedule import S
from bulkhead.simulation.world import World


def test_a_process_that_has_its_state_only_asks_for_the_lease_though_the_snapshots_go_away() -> None:
    """It read the whole log on top of a snapshot's state, and told of an old session again."""
    world = World(1, S, replicas=False)
    world.schedule.run_until(60 * S)
    snapshot = world.store.newest("risk/0")
    assert snapshot is not None
    world.running("risk/0").kill()
    process = world.start("risk/0")
    begun = process.state
    assert begun == "starting"  # its claim is on its way
    world.store.away = True
    way = process.party, lease_partition("risk/0")
    world.network.cut.add(way)
    world.schedule.run_until(90 * S)
    world.network.cut.remove(way)
    world.schedule.run_until(100 * S)
    assert process.state == "running"
    assert process.shard is not None
    there = world.network.partition("orders/0").records
    assert 0 < process.shard.frames_applied < len(there)
