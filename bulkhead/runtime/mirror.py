"""A shard whose state is that of another, for somebody who reads it. It never takes over."""

from collections.abc import Callable, Mapping, Sequence

from bulkhead.machines.interface import Output
from bulkhead.runtime.shard import Shard


class Mirror(Shard):
    """Applies what its shard applies, from the same partition, and so has the same state. It begins at that
    shard's newest snapshot; it sends nothing, keeps no snapshot and acknowledges nothing.
    """

    primary = False

    hear: Callable[[Mapping[str, Sequence[Output]]], None] | None = None
    """told, after each step, what the shard itself says, by destination"""

    def publish(self) -> None:
        said = self.publisher.withdraw()
        if said and self.hear is not None:
            self.hear(said)

    def snapshot_due(self) -> bool:
        return False

    def passed_by_another(self) -> str:
        """Nowhere: what its machine raises on its shard decides about, or halts at."""
        return ""
