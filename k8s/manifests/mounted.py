"""Where a pod finds files: the topology as it is read there, and the Secrets that its paths mean.

A topology names its secrets by files. In a pod each of them is a Secret's key, mounted at one place; which
bytes it has is nobody's business here.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from bulkhead.topology.access import accesses, participant_role, shard_role
from bulkhead.topology.derived import ADMIN, redis_servers
from bulkhead.topology.models import Topology
from k8s.names import ROOT, state_path

TOKENS, CA = "tokens", "ca"
CA_KEY, PASSWORD_KEY = "ca.crt", "password"
READ_ONLY_BY_THE_GROUP = 0o440


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret that somebody else makes. `keys`: those that are mounted, each as which file; None: all."""

    volume: str
    secret: str
    path: str
    keys: tuple[tuple[str, str], ...] | None

    def volume_of_pod(self) -> dict[str, Any]:
        items = (
            {} if self.keys is None else {"items": [{"key": key, "path": file} for key, file in self.keys]}
        )
        return {
            "name": self.volume,
            "secret": {"secretName": self.secret, "defaultMode": READ_ONLY_BY_THE_GROUP} | items,
        }

    def mount(self) -> dict[str, Any]:
        return {"name": self.volume, "mountPath": self.path, "readOnly": True}


def as_read_in_pods(topology: Topology) -> Topology:
    """The same, with the paths at which a pod has the files."""
    log, snapshots, views = topology.log, topology.snapshots, topology.views
    servers = {use: server for server, uses in redis_servers(topology).items() for use in uses}
    if log.secured:
        changes = {"tokens": TOKENS} | ({} if log.ca is None else {"ca": f"{CA}/{CA_KEY}"})
        log = log.model_copy(update=changes)
    if snapshots.password_file is not None:
        snapshots = snapshots.model_copy(update={"password_file": f"{servers['snapshots']}/{PASSWORD_KEY}"})
    if views.password_file is not None:
        views = views.model_copy(update={"password_file": f"{servers['views']}/{PASSWORD_KEY}"})
    return topology.model_copy(update={"extends": None, "log": log, "snapshots": snapshots, "views": views})


def topology_text(topology: Topology) -> str:
    """As a file; what was left out stays so, which some checks tell from what was written."""
    values = topology.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)


def secrets(topology: Topology, name: str, shards: list[str] | None) -> list[Secret]:
    """What a pod with these `shards` needs; None: the one that founds the exchange, which needs all.

    A shard's process gets its own role's token and the key of internal frames, nobody else's.
    """
    internal = f"{topology.keys.internal}.key"
    keys = None if shards is None else ((internal, internal),)
    found = [Secret("keys", f"{name}-keys", f"{state_path(topology)}/keys", keys)]
    if topology.log.secured:
        files = tuple((f"{role.partition('@')[0]}.jwt", f"{role}.jwt") for role in _roles(topology, shards))
        found.append(Secret("tokens", f"{name}-tokens", str(ROOT / TOKENS), files))
        if topology.log.ca is not None:
            found.append(Secret("ca", f"{name}-ca", str(ROOT / CA), ((CA_KEY, CA_KEY),)))
    for server, uses in redis_servers(topology).items():
        asked = any(getattr(topology, use).password_file is not None for use in uses)
        if asked and ("snapshots" in uses or shards is None or _shows(shards)):
            files = ((PASSWORD_KEY, PASSWORD_KEY),)
            found.append(Secret(server, f"{name}-{server}", str(ROOT / server), files))
    return found


def _shows(shards: list[str]) -> bool:
    return any(shard.startswith("view/") for shard in shards)


def _roles(topology: Topology, shards: list[str] | None) -> list[str]:
    """Whose tokens are mounted: each shard's own; to found the exchange, those that founding looks for."""
    exchange = topology.exchange
    if shards is not None:
        return [shard_role(exchange, shard) for shard in shards if shard != "supervisor"]
    theirs = {participant_role(exchange, participant) for participant in topology.participants}
    roles = [access.role for access in accesses(topology)]
    return [ADMIN, *(role for role in roles if topology.development or role not in theirs)]
