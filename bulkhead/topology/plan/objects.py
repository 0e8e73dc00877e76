"""What a plan compares: objects with attributes, of an exchange that should be and of one that is."""

from collections.abc import Mapping

Value = str | int | bool | None | tuple[str, ...]
Attributes = Mapping[str, Value]
Ref = tuple[str, str]
"""(kind, name), such as ("topic", "orders")"""
Objects = Mapping[Ref, Attributes]

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
    "raycluster",
    "genesis",
    "connection",
    "exchange",
)
"""In the order in which they are made: each needs only those before it. Deleted in the opposite order.

key, token    a secret's file of this machine
tenant, namespace, topic, role
              of the log; a role is what one party may do with its partitions
serviceaccount, configmap, persistentvolumeclaim, networkpolicy, poddisruptionbudget, service, raycluster
              of Kubernetes, where the exchange runs there
genesis       the first messages: an exchange is founded when they are written
connection    the file by which participants' programs find it
exchange      its processes on this machine
"""
