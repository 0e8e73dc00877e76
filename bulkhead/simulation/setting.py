"""The exchange that is simulated: few prices, odd fees, amounts beyond what a float holds, balances and
limits that are soon reached, many boundaries.
"""

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulkhead.runtime.identity import Identity
from bulkhead.topology import derived
from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology

TEXT = """
exchange: simulated
development: true
assets:
  USD: {decimals: 18}
  X: {decimals: 12}
  Z: {decimals: 2}
instruments:
  X-USD:
    {base: X, quote: USD, price_increment: "0.01", quantity_increment: "0.1",
     price_min: "0.90", price_max: "1.10", quantity_min: "0.1", quantity_max: "1.5"}
  Z-USD:
    {base: Z, quote: USD, price_increment: "0.02", quantity_increment: "0.2", tick: "0.01", lot: "0.1",
     price_min: "0.90", price_max: "1.10", quantity_min: "0.4", quantity_max: "1.6",
     early_auction_orders: true, least_display_quantity: "0.4"}
  Z-X:
    {base: Z, quote: X, price_increment: "0.1", quantity_increment: "0.1",
     price_min: "9", price_max: "11", quantity_min: "0.1", quantity_max: "1.5"}
fees: {maker: "-0.0002503", taker: "0.0010007"}
shards:
  risk: {count: 2, commands_in_flight_max: 9}
  settlement: {count: 2}
  books:
    - instruments: [X-USD]
    - instruments: [Z-USD]
    - instruments: [Z-X]
  views:
    - books: [book/*]
participants:
  alice:
    keys: [alice]
    accounts: [alice.main, alice.other]
    balances: {USD: "4", X: "60", Z: "5"}
    limits: {open_orders_max: 7, commands_in_flight_max: 8, orders_per_s_max: 5, commands_per_s_max: 100}
  bob:
    keys: [bob]
    accounts: [bob.main]
    balances: {USD: "6", X: "60", Z: "5"}
    limits:
      open_orders_max: 9
      commands_in_flight_max: 12
      order_notional_max: {USD: "1.4"}
      commands_per_s_max: 300
  carol:
    keys: [carol]
    accounts: [carol.main]
    balances: {USD: "5", X: "90", Z: "9"}
  flow2:
    keys: [flow2]
    accounts: [flow2.main]
    balances: {USD: "9", X: "60"}
boundaries:
  x: {contains: [book/0], restarts: {budget: 5, within_s: 60}}
  z: {contains: [book/1], restarts: {budget: 5, within_s: 60}}
  zx: {contains: [book/2], restarts: {budget: 5, within_s: 60}}
  accounts-0: {contains: [risk/0, settlement/0], restarts: {budget: 5, within_s: 60}}
  accounts-1: {contains: [risk/1, settlement/1], restarts: {budget: 5, within_s: 60}}
  time: {contains: [clock/0], restarts: {budget: 20, within_s: 60}}
  control: {contains: [control/0], restarts: {budget: 5, within_s: 60}}
  views: {contains: [view/0], restarts: {budget: 20, within_s: 60}}
  supervisor: {contains: [supervisor], restarts: {budget: 20, within_s: 60}}
"""

GATEWAYS_TEXT = (
    TEXT.replace("\nshards:\n", "\nshards:\n  ingress: gateway\n")
    + """\
  gateways-0: {contains: [ingress/0], restarts: {budget: 5, within_s: 60}}
  gateways-1: {contains: [ingress/1], restarts: {budget: 5, within_s: 60}}
"""
)


def _grown(text: str) -> str:
    """With what operators add while it trades: an instrument beside another one, one with a book partition
    of its own, an asset, and somebody who has it and trades; a risk shard and a settlement shard.
    """
    units = 'price_increment: "0.01", quantity_increment: "0.1", price_min: "0.90", price_max: "1.10",'
    units += ' quantity_min: "0.1", quantity_max: "1.5"'
    additions = {
        "  Z: {decimals: 2}\n": "  N: {decimals: 3}\n",
        "instruments:\n": f"  M-USD: {{base: Z, quote: USD, {units}}}\n"
        f"  N-USD: {{base: X, quote: USD, {units}}}\n",
        "    - instruments: [Z-X]\n": "    - instruments: [N-USD]\n",
        "participants:\n": "  dave:\n    keys: [dave]\n    accounts: [dave.main, dave.other]\n"
        '    balances: {USD: "5", N: "60", Z: "9"}\n    limits: {order_size_max: {X: "1.2"}}\n',
        "boundaries:\n": "  n: {contains: [book/3], restarts: {budget: 5, within_s: 60}}\n"
        "  accounts-2: {contains: [risk/2, settlement/2], restarts: {budget: 5, within_s: 60}}\n",
    }
    for behind, added in additions.items():
        text = text.replace(behind, behind + added, 1)
    for kind in ("risk", "settlement"):
        text = text.replace(f"{kind}: {{count: 2", f"{kind}: {{count: 3")
    return text.replace("[X-USD]", "[X-USD, M-USD]")


TOPOLOGY: Topology = loads(TEXT)
GROWN_TOPOLOGY: Topology = loads(_grown(TEXT))
"""TOPOLOGY when operators have added everything; an exchange is founded without it."""
GATEWAYS_TOPOLOGY: Topology = loads(GATEWAYS_TEXT)
"""The same exchange with ingress gateways."""
IDENTITY = Identity(TOPOLOGY.exchange, b"genesis-simulate", b"m" * 32)

REPLICAS = ("none", "none", "standby", "standby", "active")
"""what a boundary may have in a seed, in the proportion in which it does"""
SUSPECT_AFTER_MS = (2_200, 4_500)
"""beats come every second"""


def topology_of(seed: int, replicas: bool = True, gateways: bool = True, grows: bool = False) -> Topology:
    """The exchange, with gateways and replicas where the seed says so: gateways in half of the seeds,
    replicas in a fifth of them nowhere. `grows`: as it will be in the end.
    """
    topology = GATEWAYS_TOPOLOGY if gateways and has_gateways(seed) else TOPOLOGY
    topology = GROWN_TOPOLOGY if grows else topology
    chance = random.Random(f"{seed}/replicas")
    if not replicas or chance.random() < 0.2:
        return topology
    boundaries = {}
    for name, boundary in topology.boundaries.items():
        if name not in ("views", "supervisor"):
            drawn = {
                "replicas": chance.choice(REPLICAS),
                "suspect_after_ms": chance.randint(*SUSPECT_AFTER_MS),
            }
            boundary = boundary.model_copy(update=drawn)
        boundaries[name] = boundary
    return topology.model_copy(update={"boundaries": boundaries})


def has_gateways(seed: int) -> bool:
    return random.Random(f"{seed}/gateways").random() < 0.5


def grows(seed: int) -> bool:
    """Whether operators add to the exchange while it trades: in seeds that have no gateways."""
    return not has_gateways(seed) and random.Random(f"{seed}/grows").random() < 0.7


def changes_rules(seed: int) -> bool:
    """Whether operators change the version of the rules while it trades."""
    return random.Random(f"{seed}/rules").random() < 0.4


def overloads(seed: int) -> bool:
    """Whether books hang while orders for them go on coming, and boundaries spend their restarts."""
    return random.Random(f"{seed}/storm").random() < 0.3


def gated_of(seed: int, topology: Topology) -> dict[str, str]:
    """Who writes to a topic of their own, and its name: where there are gateways all, or in a third of those
    seeds some. The others write to their risk shard's partition, as they may where no broker forbids it.
    """
    if not topology.has_gateways:
        return {}
    chance = random.Random(f"{seed}/gated")
    whom = list(topology.participants)
    if chance.random() < 1 / 3:
        whom = chance.sample(whom, chance.randint(1, len(whom) - 1))
    return {name: derived.ingress_topic(name) for name in sorted(whom)}


PRICES_TICKS = {"X-USD": (95, 105), "Z-USD": (96, 104), "Z-X": (95, 105)}
"""between which orders are placed"""


def key_of(name: str) -> Ed25519PrivateKey:
    """The same key for the same name at every run, so that runs can be compared byte for byte."""
    return Ed25519PrivateKey.from_private_bytes(random.Random(name).randbytes(32))


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
