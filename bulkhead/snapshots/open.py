"""The one place that names snapshot stores."""

from urllib.parse import parse_qsl, urlsplit

from bulkhead.snapshots.files import KEPT, FileSnapshots
from bulkhead.snapshots.memory import named_snapshots
from bulkhead.snapshots.port import SnapshotStore

ALLOWED = "files:/absolute/folder, memory:NAME, files:/absolute/folder?keep=N"


def open_snapshots(address: str) -> SnapshotStore:
    """The store at `address`; ValueError if it is none.

    `files:` is shared by every process that sees the folder (which is made when the first snapshot is
    saved), and keeps the newest `keep` of each shard; `memory:NAME` by everything in this process that
    opens the same name.
    """
    parts = urlsplit(address)
    if parts.scheme == "memory" and parts.path and not (parts.query or parts.netloc or parts.fragment):
        return named_snapshots(parts.path)
    if parts.scheme == "files" and parts.path.startswith("/") and not (parts.netloc or parts.fragment):
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        keep = options.pop("keep", str(KEPT))
        if not options and keep.isdecimal() and int(keep) >= 1:
            return FileSnapshots(parts.path, int(keep))
    raise ValueError(f"{address!r} is no snapshot address; allowed: {ALLOWED}")
