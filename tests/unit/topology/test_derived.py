"""What follows from a topology is exact, and never changes for the same file."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.messages.control import DefineInstrument, SetOrderRules
from bulkhead.domain.messages.trading import (
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetReferencePrice,
)
from bulkhead.domain.terms import Phase
from bulkhead.log.lease import lease_partition
from bulkhead.log.pulsar.address import parse
from bulkhead.redis_access.address import parse as parse_redis
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import find, load, loads
from bulkhead.topology.models import AccountRange, AccountShards
from bulkhead.topology.murmur import murmur3_32
from bulkhead.topology.problems import TopologyError
from bulkhead.topology.values import SlotRange, decimals_needed, to_units

HERE = Path(__file__).parent
SMALL = (HERE / "small.yaml").read_text()
SHIPPED = HERE.parents[2] / "topology.yaml"

# Vectors that implementations of MurmurHash3_x86_32 publish to check each other.
VECTORS = [
    (b"", 0, 0),
    (b"", 1, 0x514E28B7),
    (b"", 0xFFFFFFFF, 0x81F16F39),
    (b"\xff\xff\xff\xff", 0, 0x76293B50),
    (b"\x21\x43\x65\x87", 0, 0xF55B516B),
    (b"\x21\x43\x65\x87", 0x5082EDEE, 0x2362F9DE),
    (b"\x21\x43\x65", 0, 0x7E4A8634),
    (b"\x21\x43", 0, 0xA0F7B07A),
    (b"\x21", 0, 0x72661CF4),
    (b"\x00\x00\x00\x00", 0, 0x2362F9DE),
    (b"aaaa", 0x9747B28C, 0x5A97808A),
    (b"Hello, world!", 0x9747B28C, 0x24884CBA),
    (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
]


@pytest.mark.parametrize(("data", "seed", "expected"), VECTORS)
def test_the_hash_gives_the_published_values(data: bytes, seed: int, expected: int) -> None:
    assert murmur3_32(data, seed) == expected


def test_the_slots_of_known_names_never_change() -> None:
    slots = {name: derived.slot_of(name) for name in ("alice", "bob", "carol", "flow0", "flow3")}
    assert slots == {"alice": 733, "bob": 1010, "carol": 372, "flow0": 680, "flow3": 334}


def test_slots_are_shared_evenly_and_exceptions_stand() -> None:
    even = derived.slot_table(AccountShards(count=3))
    assert [even.count(shard) for shard in range(3)] == [342, 341, 341]
    assert list(even) == sorted(even)
    table = derived.slot_table(AccountShards(count=2, slots={1: (SlotRange(64, 127), SlotRange(5, 5))}))
    assert [slot for slot in range(512) if table[slot] == 1] == [5, *range(64, 128)]
    assert set(table[512:]) == {1}


def test_slot_runs_cover_all_slots_in_order_and_agree_with_the_tables() -> None:
    text = SMALL.replace("settlement:\n    count: 2", "settlement:\n    count: 3\n    slots: {2: [7]}")
    topology = loads(text)
    risk, settlement = (
        derived.slot_table(topology.shards.risk),
        derived.slot_table(topology.shards.settlement),
    )
    covered = []
    for run in derived.slot_runs(topology):
        for slot in range(run.first_slot, run.last_slot + 1):
            covered.append(slot)
            assert (run.risk_shard, run.settlement_shard) == (risk[slot], settlement[slot])
    assert covered == list(range(1024))


def test_an_instrument_in_whole_numbers_is_exact() -> None:
    terms = {each.instrument_id: each for each in derived.instrument_terms(load(SHIPPED))}
    eth = terms["ETH-USD"]
    assert (eth.book, eth.base_asset_id, eth.quote_asset_id, eth.trading) == (1, "ETH", "USD", "continuous")
    assert (eth.tick, eth.lot, eth.lot_units, eth.tick_lot_units) == ("0.01", "0.00000001", 1, 1)
    assert (eth.price_increment_ticks, eth.price_min_ticks, eth.price_max_ticks) == (5, 5, 10**9)
    assert (eth.quantity_increment_lots, eth.quantity_min_lots, eth.quantity_max_lots) == (
        10**4,
        10**4,
        10**14,
    )
    sol = terms["SOL-USD"]
    assert (sol.lot_units, sol.tick_lot_units, sol.trading) == (10**4, 10**4, "halted")


def test_rates_and_balances_are_whole_numbers_of_their_smallest_units() -> None:
    topology = loads(SMALL)
    assert derived.fee_rates_e7(topology) == (-1000, 10000)
    accounts = derived.account_terms(topology)
    assert [each.account_id for each in accounts[:3]] == ["alice.main", "alice.savings", "many.00"]
    assert accounts[0].balances == (("BTC", 10 * 10**8), ("USD", 10000005 * 10**9))
    assert accounts[2].balances == ()
    assert derived.order_notional_units_max(topology, "alice") == (("USD", 500000 * 10**10),)
    assert derived.order_notional_units_max(topology, "many") == ()


def test_every_shard_reads_its_partition_and_is_in_one_boundary() -> None:
    topology = loads(SMALL)
    reads = {shard.name: shard.reads for shard in derived.shards(topology)}
    assert reads == {
        "control/0": ("control/0",),
        "clock/0": ("clock/0",),
        "settlement/0": ("settlement/0",),
        "settlement/1": ("settlement/1",),
        "book/0": ("books/0",),
        "risk/0": ("orders/0",),
        "risk/1": ("orders/1",),
        "view/0": ("market_data/0",),
        "supervisor": (),
    }
    partitions = {topic.name: topic.partitions for topic in derived.topics(topology)}
    for partition in (partition for each in reads.values() for partition in each):
        topic, number = partition.split("/")
        assert int(number) < partitions[topic]
    assert partitions["reports.alice"] == 1
    for name in reads.keys() - {"view/0", "supervisor"}:
        topic, number = lease_partition(name).split("/")
        assert int(number) < partitions[topic]
    boundaries = derived.boundary_of(topology)
    assert set(boundaries) == set(reads)
    assert boundaries["risk/1"] == "trading"


def test_accounts_of_a_range_are_numbered_with_equal_digits() -> None:
    assert AccountRange(prefix="a.", count=3).ids == ("a.0", "a.1", "a.2")
    assert AccountRange(prefix="a.", count=11).ids[::10] == ("a.00", "a.10")


def test_addresses_are_absolute_and_folders_stand_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    topology = loads(SMALL)
    assert derived.state_directory(topology, file) == tmp_path / ".bulkhead" / "test"
    assert derived.log_address(topology, file) == f"sqlite:{tmp_path}/.bulkhead/test/log?durability=normal"
    assert derived.snapshots_address(topology, file) == f"files:{tmp_path}/.bulkhead/test/snapshots?keep=3"
    elsewhere = loads(SMALL.replace("durability: normal", "durability: full\n  directory: /data/log"))
    assert derived.log_address(elsewhere, file) == "sqlite:/data/log?durability=full"


def test_the_address_of_a_log_on_pulsar_is_one_that_opens_it() -> None:
    pulsar = "adapter: pulsar\n  service_url: pulsar://broker-1:6650,broker-2:6650\n  tenant: acme"
    topology = loads(SMALL.replace("adapter: sqlite\n  durability: normal", pulsar))
    address = derived.log_address(topology, Path("topology.yaml"))
    assert address == "pulsar://broker-1:6650,broker-2:6650/acme/test?admin=http://127.0.0.1:8080"
    assert parse(address) == (
        "pulsar://broker-1:6650,broker-2:6650",
        "http://127.0.0.1:8080",
        "acme",
        "test",
        "",
        "",
    )


def test_the_address_of_snapshots_in_redis_is_one_that_opens_them_and_names_the_passwords_file(
    tmp_path: Path,
) -> None:
    redis = "adapter: redis\n  url: redis://[::1]:65535/3\n  password_file: some where/it & more"
    topology = loads(SMALL.replace("snapshots:\n", f"snapshots:\n  {redis}\n"))
    found = parse_redis(derived.snapshots_address(topology, tmp_path / "topology.yaml"))
    assert found is not None
    address, options = found
    assert address == ("::1", 65535, 3, "bulkhead:test:", f"{tmp_path}/some where/it & more")
    assert options == {"keep": "3"}
    open_snapshots(derived.snapshots_address(topology, tmp_path / "topology.yaml")).close()
    usual = loads(SMALL.replace("snapshots:\n", "snapshots:\n  adapter: redis\n"))
    address_text = derived.snapshots_address(usual, tmp_path / "topology.yaml")
    assert address_text == "redis://127.0.0.1:6379/0?prefix=bulkhead:test:&keep=3"


def test_a_view_of_accounts_reads_what_risk_shards_read() -> None:
    text = SMALL.replace("- books: [book/*]", "- {books: [book/*], accounts: [risk/1]}")
    topology = loads(text.replace("snapshots:\n", "views: {adapter: redis}\nsnapshots:\n"))
    reads = {shard.name: shard.reads for shard in derived.shards(topology)}
    assert reads["view/0"] == ("market_data/0", "orders/1")
    where = derived.views_address(topology, Path("topology.yaml"))
    assert where == "redis://127.0.0.1:6379/0?prefix=bulkhead:test:"
    assert derived.views_address(loads(SMALL), Path("topology.yaml")) == ""


def test_the_address_of_a_secured_log_names_the_files_of_one_role(tmp_path: Path) -> None:
    secured = "adapter: pulsar\n  service_url: pulsar+ssl://broker:6651\n  ca: some where/ca.pem"
    text = SMALL.replace("contains: [control/0,", "contains: [ingress/*, control/0,")
    topology = loads(text.replace("adapter: sqlite\n  durability: normal", secured))
    address = derived.log_address(topology, tmp_path / "topology.yaml", "risk.1@test.bulkhead")
    assert parse(address) == (
        "pulsar+ssl://broker:6651",
        "https://127.0.0.1:8443",
        "bulkhead",
        "test",
        f"{tmp_path}/.bulkhead/test/tokens/risk.1@test.bulkhead.jwt",
        f"{tmp_path}/some where/ca.pem",
    )
    assert parse(derived.public_log_address(topology)) is None


def test_where_the_log_is_secured_participants_write_to_topics_of_their_own_unless_told_otherwise() -> None:
    secured = SMALL.replace(
        "adapter: sqlite\n  durability: normal", "adapter: pulsar\n  service_url: pulsar+ssl://broker:6651"
    )
    with pytest.raises(TopologyError, match=r"ingress/0 is in no boundary"):
        loads(secured)
    direct = secured.replace("engine: reference", "ingress: direct\n  engine: reference")
    assert not loads(direct).has_gateways
    topology = loads(secured.replace("contains: [control/0,", "contains: [ingress/*, control/0,"))
    assert topology.has_gateways
    reads = {shard.name: shard.reads for shard in derived.shards(topology)}
    assert reads["ingress/0"] == ("ingress/0",)
    assert reads["ingress/1"] == ("ingress/1", "ingress.alice/0", "ingress.many/0")
    names = {topic.name: topic.partitions for topic in derived.topics(topology)}
    assert (names["ingress"], names["ingress.alice"], names["leases.ingress"]) == (2, 1, 2)


def test_a_participant_whose_reports_pulsar_would_take_for_a_part_of_a_topic_is_refused_there_only() -> None:
    named = SMALL.replace("  many:\n    keys: [many]", "  a-partition-0:\n    keys: [many]")
    assert "a-partition-0" in loads(named).participants
    with pytest.raises(TopologyError, match="a-partition-0 can't have a topic of its own on Pulsar"):
        loads(named.replace("adapter: sqlite\n  durability: normal", "adapter: pulsar"))


def test_a_folder_that_an_address_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="may not be in its name"):
        derived.log_address(loads(SMALL), tmp_path / "a#b" / "topology.yaml")


def test_the_shipped_topology_is_valid_and_splits_the_flow_over_both_risk_shards() -> None:
    topology = load(SHIPPED)
    table = derived.slot_table(topology.shards.risk)
    shard = {name: table[derived.slot_of(name)] for name in topology.participants}
    assert shard["flow0"] == shard["flow1"] != shard["flow2"] == shard["flow3"]
    assert shard["alice"] != shard["carol"]


def test_the_file_is_the_option_else_the_environment_else_the_one_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BULKHEAD_TOPOLOGY", raising=False)
    assert find() == Path("topology.yaml")
    monkeypatch.setenv("BULKHEAD_TOPOLOGY", "/etc/other.yaml")
    assert find() == Path("/etc/other.yaml")
    assert find(Path("mine.yaml")) == Path("mine.yaml")


@given(st.integers(-(2**127), 2**127), st.integers(0, 18))
def test_decimals_become_units_exactly_or_not_at_all(units: int, decimals: int) -> None:
    amount = Decimal(f"{units}E-{decimals}")
    assert to_units(amount, decimals) == units
    finer = Decimal(f"{units}1E-{decimals + 1}")
    with pytest.raises(ValueError, match="not a whole number"):
        to_units(finer, decimals)


@given(st.integers(0, 10**30), st.integers(0, 30))
def test_the_decimals_needed_are_the_fewest_that_write_a_number(digits: int, places: int) -> None:
    number = Fraction(digits, 10**places)
    needed = decimals_needed(number)
    assert needed is not None
    assert (number * 10**needed).denominator == 1
    assert needed == 0 or (number * 10 ** (needed - 1)).denominator > 1
    assert decimals_needed(number + Fraction(1, 3)) is None


def test_the_genesis_tells_how_an_instrument_is_traded() -> None:
    terms = """    trading: continuous
    phases: {"08:00": auction, "08:05:30": continuous}
    bands: {static: "5", dynamic: "0.05", reference: "100", interruption_s: 2}
    circuit_breaker: {move: "10", window_s: 60, phase: auction, pause_s: 1}
    early_auction_orders: true
    least_display_quantity: "0.5"
    matching: pro-rata
    pro_rata: {top_order: true, minimum_lots: 2}
"""
    topology = loads(SMALL.replace("    trading: continuous\n", terms))
    keys = {name: bytes(32) for name in derived.key_names(topology)}
    told = genesis(topology, keys)
    (defined,) = (message for message in told if isinstance(message, DefineInstrument))
    assert (defined.pro_rata_minimum_lots, defined.top_order) == (2, True)
    assert [message for message in told if isinstance(message, SetOrderRules)] == [
        SetOrderRules("BTC-USD", 50_000_000, True)
    ]
    assert [message for message in told if type(message).__module__.endswith(".trading")] == [
        SetReferencePrice("BTC-USD", 10_000),
        SetBands("BTC-USD", 500, 5, 20),
        SetCircuitBreaker("BTC-USD", 1_000, 600, 10, Phase.AUCTION),
        SchedulePhase("BTC-USD", 8 * 3_600_000, Phase.AUCTION, at_once=True),
        SchedulePhase("BTC-USD", 8 * 3_600_000 + 330_000, Phase.CONTINUOUS, at_once=True),
    ]
