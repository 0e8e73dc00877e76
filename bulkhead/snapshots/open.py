"""The one place that names snapshot stores."""

import shutil
from urllib.parse import parse_qsl, urlsplit

from bulkhead.redis_access.address import FORM as REDIS_FORM
from bulkhead.redis_access.address import parse as parse_redis
from bulkhead.snapshots.files import KEPT, FileSnapshots
from bulkhead.snapshots.memory import named_snapshots
from bulkhead.snapshots.port import SnapshotStore

ALLOWED = f"files:/absolute/folder, memory:NAME, files:/absolute/folder?keep=N, {REDIS_FORM}&keep=N"


def open_snapshots(address: str) -> SnapshotStore:
    """The store at `address`; ValueError if it is none.

    `files:` is shared by every process that sees the folder (which is made when the first snapshot is
    saved), and keeps the newest `keep` of each shard; `memory:NAME` by everything in this process that
    opens the same name; `redis:` by everything that reaches the server, under the same prefix.
    """
    redis = parse_redis(address)
    if redis is not None and (keep := _keep(redis[1])):
        # Here, because only an exchange on Redis should wait 0.2 s for its client, and hold its 22 MB.
        from bulkhead.snapshots.redis import RedisSnapshots

        return RedisSnapshots(redis[0], keep)
    parts = urlsplit(address)
    if parts.scheme == "memory" and parts.path and not (parts.query or parts.netloc or parts.fragment):
        return named_snapshots(parts.path)
    if parts.scheme == "files" and parts.path.startswith("/") and not (parts.netloc or parts.fragment):
        keep = _keep(dict(parse_qsl(parts.query, keep_blank_values=True)))
        if keep:
            return FileSnapshots(parts.path, keep)
    raise ValueError(f"{address!r} is no snapshot address; allowed: {ALLOWED}")


def erase_snapshots(address: str) -> None:
    """Delete every snapshot in the store at `address`; of Redis, everything under its prefix.

    TemporaryError: some may be left, the same call goes on.
    """
    redis = parse_redis(address)
    parts = urlsplit(address)
    if redis is not None:
        from bulkhead.redis_access.client import erase

        erase(redis[0])
    elif parts.scheme == "files":
        shutil.rmtree(parts.path, ignore_errors=True)
    else:
        raise ValueError(f"{address!r} is no address of snapshots that can be erased; allowed: {ALLOWED}")


def _keep(options: dict[str, str]) -> int:
    """How many to keep, if that is all that the options say, and possible; else 0."""
    keep = options.get("keep", str(KEPT))
    return int(keep) if options.keys() <= {"keep"} and keep.isdecimal() else 0
