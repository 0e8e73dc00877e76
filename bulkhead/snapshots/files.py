"""Snapshots in files: DIR/KIND/NUMBER/INPUTS.snapshot, the last few kept."""

import contextlib
import fcntl
import os
import re
import secrets
from pathlib import Path

import structlog

from bulkhead.errors import TemporaryError
from bulkhead.snapshots.encoding import decode, encode
from bulkhead.snapshots.names import check_shard
from bulkhead.snapshots.port import Snapshot

# The newest, one to fall back to when the newest is damaged, and one more.
KEPT = 3

_NAME = re.compile(r"([0-9]{20})\.snapshot")
_DRAFT = re.compile(r"\.[0-9]{20}\.[0-9a-f]{16}\.draft")

_log = structlog.get_logger()


class FileSnapshots:
    """A `SnapshotStore` in a folder; any number of processes may use it.

    A snapshot is written to a draft, synced, renamed, and the folder synced, in this order: a file with a
    snapshot's name is whole unless the disk fails, and the header tells then.
    """

    def __init__(self, directory: str | Path, keep: int = KEPT) -> None:
        self._directory = Path(directory)
        self._keep = keep

    def save(self, shard: str, snapshot: Snapshot) -> None:
        check_shard(shard)
        folder = self._directory / shard
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._remove_drafts(folder)
            self._write(folder, snapshot)
            for name in _names(folder)[self._keep :]:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise TemporaryError(
                f"snapshot {snapshot.inputs} of {shard} was not saved in {folder}: {error}; make room there"
                f" or give back the right to write (the older snapshots are still there)"
            ) from error

    def _write(self, folder: Path, snapshot: Snapshot) -> None:
        name = f"{snapshot.inputs:020d}"
        draft = folder / f".{name}.{secrets.token_hex(8)}.draft"
        try:
            with open(draft, "xb", opener=_private) as file:
                # Tells `_remove_drafts` of another process that this one is being written.
                fcntl.flock(file, fcntl.LOCK_EX)
                file.writelines(encode(snapshot))
                file.flush()
                os.fsync(file.fileno())
                draft.rename(folder / f"{name}.snapshot")
        finally:
            draft.unlink(missing_ok=True)
        # The folders above may be new as well.
        for made in (folder, folder.parent, self._directory):
            _sync(made)

    def _remove_drafts(self, folder: Path) -> None:
        """Remove what killed processes left half written."""
        for name in sorted(os.listdir(folder)):
            if not _DRAFT.fullmatch(name):
                continue
            # Gone, or locked: its writer is alive.
            with contextlib.suppress(FileNotFoundError, BlockingIOError), open(folder / name, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (folder / name).unlink(missing_ok=True)

    def newest(self, shard: str, before: int | None = None) -> Snapshot | None:
        check_shard(shard)
        folder = self._directory / shard
        skipped: set[str] = set()
        try:
            while True:
                left = [name for name in _names(folder, before) if name not in skipped]
                if not left:
                    return None
                # A file that is pruned between listing and reading is not in the next listing.
                with contextlib.suppress(FileNotFoundError):
                    data = (folder / left[0]).read_bytes()
                    try:
                        return decode(data)
                    except ValueError as error:
                        _log.warning("snapshot_skipped", file=str(folder / left[0]), reason=str(error))
                        skipped.add(left[0])
        except OSError as error:
            raise TemporaryError(
                f"the snapshots of {shard} in {folder} can't be read: {error}; give back the right to read,"
                f" or move the file that fails away to use the one before it"
            ) from error

    def close(self) -> None:
        """Nothing is held open between calls."""


def _names(folder: Path, before: int | None = None) -> list[str]:
    """The snapshots' file names, newest first; of those with fewer inputs than `before`."""
    end = "~" if before is None else f"{before:020d}"
    try:
        names = (name for name in os.listdir(folder) if _NAME.fullmatch(name) and name < end)
        return sorted(names, reverse=True)
    except FileNotFoundError:
        return []


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
