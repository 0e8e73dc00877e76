"""What two topologies are on Kubernetes, kept to be read and to be compared.

`python -m tests.golden.k8s.manifests` writes them anew: do that when manifests are meant to change, and read
what has.
"""

from pathlib import Path

from bulkhead.topology.load import load
from k8s.manifests.files import as_text
from k8s.render import render

FOLDER = Path(__file__).parent
NAMES = ("replicas", "shipped")
MONITORED = "replicas"
IMAGE = "example/bulkhead@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


def kept(name: str) -> Path:
    return FOLDER / name / "manifests.yaml"


def made(name: str) -> str:
    topology = load(FOLDER / name / "topology.yaml")
    named = {"namespace": "trading", "name": topology.exchange, "image": IMAGE}
    return as_text(render(topology, **named, monitors=name == MONITORED))


if __name__ == "__main__":
    for each in NAMES:
        kept(each).write_text(made(each))
