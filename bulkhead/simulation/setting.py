"""The exchange that is simulated: few prices, odd fees, amounts beyond what a float holds, balances and
limits that are soon reached, many boundaries.
"""

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulkhead.runtime.identity import Identity
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
     price_min: "0.90", price_max: "1.10", quantity_min: "0.4", quantity_max: "1.6"}
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
    limits: {open_orders_max: 7, commands_in_flight_max: 8, orders_per_s_max: 5}
  bob:
    keys: [bob]
    accounts: [bob.main]
    balances: {USD: "6", X: "60", Z: "5"}
    limits: {open_orders_max: 9, commands_in_flight_max: 12, order_notional_max: {USD: "1.4"}}
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

TOPOLOGY: Topology = loads(TEXT)
IDENTITY = Identity(TOPOLOGY.exchange, b"genesis-simulate", b"m" * 32)

REPLICAS = ("none", "none", "standby", "standby", "active")
"""what a boundary may have in a seed, in the proportion in which it does"""
SUSPECT_AFTER_MS = (2_200, 4_500)
"""beats come every second"""


def topology_of(seed: int, replicas: bool = True) -> Topology:
    """The exchange, with replicas where the seed says so: in a fifth of the seeds nowhere."""
    chance = random.Random(f"{seed}/replicas")
    if not replicas or chance.random() < 0.2:
        return TOPOLOGY
    boundaries = {}
    for name, boundary in TOPOLOGY.boundaries.items():
        if name not in ("views", "supervisor"):
            drawn = {
                "replicas": chance.choice(REPLICAS),
                "suspect_after_ms": chance.randint(*SUSPECT_AFTER_MS),
            }
            boundary = boundary.model_copy(update=drawn)
        boundaries[name] = boundary
    return TOPOLOGY.model_copy(update={"boundaries": boundaries})


PRICES_TICKS = {"X-USD": (95, 105), "Z-USD": (96, 104), "Z-X": (95, 105)}
"""between which orders are placed"""


def key_of(name: str) -> Ed25519PrivateKey:
    """The same key for the same name at every run, so that runs can be compared byte for byte."""
    return Ed25519PrivateKey.from_private_bytes(random.Random(name).randbytes(32))


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
