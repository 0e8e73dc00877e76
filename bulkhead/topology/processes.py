"""How the processes of an exchange are called."""

from typing import NamedTuple


class Process(NamedTuple):
    """One process of a shard."""

    shard: str
    replica: str
    """a letter: of the only one, or the first one, an a"""

    @property
    def name(self) -> str:
        """The shard's name; of a second replica book/0.b."""
        return self.shard if self.replica == "a" else f"{self.shard}.{self.replica}"
