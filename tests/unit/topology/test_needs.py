"""What a topology needs, counted from what it makes, and what it may not pass."""

from typing import Any

from bulkhead.topology import derived
from bulkhead.topology.access import accesses
from bulkhead.topology.load import loads
from bulkhead.topology.plan.needs import ACTOR_MIB, RAY_MIB, Machine, Need, beyond, needs
from tests.support.running import edited_topology

MACHINE = Machine(memory_mib=1_000_000)
SECURED = {
    "adapter": "pulsar",
    "service_url": "pulsar+ssl://127.0.0.1:6651",
    "directory": None,
    "durability": None,
}
INGRESS = {"ingress": {"contains": ["ingress/*"], "restarts": {"budget": 1, "within_s": 10}}}


def needed(
    changes: dict[str, Any] | None = None, machine: Machine = MACHINE, bounds: dict[str, str] | None = None
) -> dict[str, Need]:
    topology = loads(edited_topology(changes or {}))
    return {need.name: need for need in needs(topology, machine, bounds or {})}


def test_topics_partitions_actors_and_ticks_are_those_of_the_exchange() -> None:
    topology = loads(edited_topology({}))
    topics = derived.topics(topology)
    found = needed()
    assert found["topics"].needed == len(topics)
    assert found["partitions"].needed == sum(topic.partitions for topic in topics)
    assert found["partitions of one topic"].needed == 3
    assert found["actors"].needed == len(derived.shards(topology))
    assert found["memory when idle, MiB"].needed == RAY_MIB + ACTOR_MIB * found["actors"].needed
    # Ten a second to each of 2 risk shards, 3 books, 2 settlement shards, and control.
    assert found["ticks per second"].needed == 80
    assert needed({"clock": {"tick_ms": 50}})["ticks per second"].needed == 160


def test_producers_are_all_that_the_grants_of_a_secured_exchange_allow() -> None:
    changes = {"log": SECURED, "boundaries": INGRESS}
    topology = loads(edited_topology(changes))
    assert needed(changes)["producers"].needed == sum(
        len(set(access.produces)) for access in accesses(topology)
    )


def test_a_replica_costs_a_process_and_its_producers() -> None:
    before, after = needed(), needed({"boundaries": {"btc": {"replicas": "standby"}}})
    assert after["actors"].needed == before["actors"].needed + 1
    # book/0 writes to 2 orders, 2 settlement, its market data, decisions, control, dead letters, lease and
    # quarantine.
    assert after["producers"].needed == before["producers"].needed + 10


def test_what_passes_a_limit_of_machine_or_broker_is_refused_by_name() -> None:
    bounds = {
        "maxTopicsPerNamespace": "43",
        "maxNumPartitionsPerPartitionedTopic": "3",
        "maxProducersPerTopic": "0",  # there no limit
    }
    found = needed(machine=Machine(memory_mib=1_000), bounds=bounds)
    topics, memory = beyond(list(found.values()))
    assert str(topics) == (
        "partitions: 44 are needed, and there may be 43 (the broker's maxTopicsPerNamespace): ask for less,"
        " or raise the limit"
    )
    assert (memory.subject, found["producers of one partition"].limit) == ("memory when idle, MiB", None)
    assert "1,470 are needed, and there may be 1,000 (all that this machine has)" in memory.why
    assert beyond(list(needed().values())) == ()


def test_grants_that_no_metadata_store_takes_are_refused() -> None:
    """Every participant may read every book's market data: they multiply."""
    names = {f"p{number}": {"keys": ["k"], "accounts": [f"p{number}.a"]} for number in range(3000)}
    keys = {name: {**values, "keys": [name]} for name, values in names.items()}
    found = needed({"log": SECURED, "boundaries": INGRESS, "participants": keys})
    (held,) = beyond(list(found.values()))
    assert held.subject == "bytes of grants"
