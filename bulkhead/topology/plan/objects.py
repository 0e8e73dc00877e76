"""What a plan compares: objects with attributes, of an exchange that should be and of one that is."""

from collections.abc import Mapping

Value = str | int | bool | None | tuple[str, ...]
Attributes = Mapping[str, Value]
Ref = tuple[str, str]
"""(kind, name), such as ("topic", "orders")"""
Objects = Mapping[Ref, Attributes]

BOUNDARY, ACTOR = "boundary", "actor"
ROOMS: Ref = ("placement", "rooms")
RUNNING = (BOUNDARY, ROOMS[0], ACTOR)
"""kinds of what runs in an exchange's processes: with the exchange all of them begin"""
DECIDED = (
    "asset",
    "instrument",
    "fees",
    "participant",
    "operators",
    "shard",
    "slots",
    "accounts",
    "retirement",
)
"""kinds that an operator's decisions make"""
KINDS = (
    "key",
    "token",
    "tenant",
    "namespace",
    "topic",
    "role",
    "serviceaccount",
    "configmap",
    "persistentvolumeclaim",
    "networkpolicy",
    "poddisruptionbudget",
    "service",
    "podmonitor",
    "raycluster",
    "genesis",
    "connection",
    "exchange",
    *RUNNING,
    *DECIDED,
)
"""In the order in which they are made: each needs only those before it. Deleted in the opposite order.

key, token    a secret's file of this machine
tenant, namespace, topic, role
              of the log; a role is what one party may do with its partitions
serviceaccount, configmap, persistentvolumeclaim, networkpolicy, poddisruptionbudget, service, podmonitor,
raycluster
              of Kubernetes, where the exchange runs there
genesis       the first messages: an exchange is founded when they are written
connection    the file by which participants' programs find it
exchange      what holds its processes on this machine
boundary      how often the shards in it may be restarted
placement     what boundaries have for themselves on nodes: one object for all, since one boundary has what
              another gives up
actor         one process of a shard, such as book/0, or book/0.b of its second replica
asset, instrument, fees, participant, operators
              what it is told, by decisions that an operator signs: when those who are told run
shard, slots, accounts, retirement
              so too: risk and settlement shards that are added, runs of slots that move between risk shards,
              and between settlement shards, shards that end
"""
