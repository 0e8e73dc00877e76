"""The ports that Ray listens on in each pod. It would choose most of them itself, and a network policy has to
name them.
"""

GCS = 6379
DASHBOARD = 8265
METRICS = 8080
WORKERS = (10_002, 10_999)
"""of actors, two or three each"""

FIXED = {
    "object-manager-port": 8076,
    "node-manager-port": 8077,
    "runtime-env-agent-port": 8078,
    "dashboard-agent-grpc-port": 8079,
    "metrics-export-port": METRICS,
    "dashboard-agent-listen-port": 52_365,
}
"""as `ray start` names them, the same in every pod"""


def start_parameters() -> dict[str, str]:
    """Of `ray start`, on the head and elsewhere."""
    first, last = WORKERS
    ports = FIXED | {"min-worker-port": first, "max-worker-port": last}
    return {name: str(port) for name, port in sorted(ports.items())}


def between_pods() -> list[tuple[int, int]]:
    """What any Ray process of an exchange may connect to at any other, from the first port to the last."""
    return [(port, port) for port in sorted({GCS, *FIXED.values()})] + [WORKERS]
