"""An exchange of its own, in a temporary folder."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from actors.attach import attached, call
from actors.process import start, stop_process
from bulkhead.installation.ground import found
from bulkhead.installation.state import Installation
from bulkhead.topology.load import load

TOPOLOGY = Path(__file__).parents[1] / "topology.yaml"
"""the one that is shipped"""
INSTRUMENT_ID = "BTC-USD"
BOOK = "book/0"


class Kind(StrEnum):
    SQLITE = "sqlite"
    PULSAR = "pulsar"


@contextmanager
def fresh_exchange(topology: str, parent: Path | None) -> Iterator[Installation]:
    """Start that of the topology's text, give it, and take it down with everything of it. `parent` is the
    folder to put it in.
    """
    folder = Path(tempfile.mkdtemp(prefix="bulkhead-bench-", dir=parent))
    try:
        file = folder / "topology.yaml"
        file.write_text(topology)
        installation = Installation(load(file), file)
        found(installation)
        running = start(installation, lambda _: None)
        try:
            with attached(installation):
                try:
                    yield installation
                finally:
                    call("supervisor", "shut_down")
        finally:
            stop_process(installation, running.pid)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
