"""The snapshot store as the exchange sees it: the newest state of every shard."""

from typing import NamedTuple, Protocol


class Snapshot(NamedTuple):
    """A shard's state after a prefix of its input.

    position: of the last frame it covers, in the shard's partition (None: none was read yet).
    inputs: how many events were applied in all; orders the snapshots of one shard.
    payload: what the machine's `restore` takes, with what the runtime keeps beside it.
    """

    position: bytes | None
    inputs: int
    payload: bytes


class SnapshotStore(Protocol):
    """Keeps the newest snapshots of every shard; used by any number of processes."""

    def save(self, shard: str, snapshot: Snapshot) -> None:
        """Keep a snapshot; on return it is durable and whole.

        The newest is decided by `inputs`, so a zombie that saves an older one changes nothing.
        TemporaryError: not saved, what was there still is; the exchange can go on without. ValueError:
        `shard` is no shard's name, such as ``risk/0``.
        """
        ...

    def newest(self, shard: str, before: int | None = None) -> Snapshot | None:
        """The valid snapshot with the most inputs, where `before` is given fewer than that; None if the shard
        has none.

        One that is torn or altered is skipped, with a warning that names it. TemporaryError: the store
        can't be read now; that is not the same as having none.
        """
        ...

    def close(self) -> None:
        """Give up the store's resources; closing twice is harmless."""
        ...
