"""The native engine (the crate in engine/); absent where it was not built."""

from typing import Self, final

__all__ = ["BookCore", "__version__", "version"]

__version__: str

def version() -> str:
    """The version of the crate that this module was built from, equal to the package's."""

@final
class BookCore:
    """The book of one instrument, for tests and benchmarks: commands in, outcomes out, both as bytes.

    What the bytes are: docs/engine.md. The GIL is free while it works.
    """

    def __new__(
        cls, pro_rata: tuple[bool, int] | None, least_display_lots: int, early_auction_orders: bool
    ) -> Self:
        """`pro_rata`: (top_order, minimum_lots); None: by price and time."""

    @staticmethod
    def from_state(state: bytes) -> BookCore:
        """The book that `state` described. Raises ValueError for bytes that describe none."""

    def apply(self, commands: bytes) -> bytes:
        """Carry out commands; for each an array of its outcomes. Raises ValueError for a malformed one, when
        those before it have been carried out.
        """

    def state(self) -> bytes:
        """The canonical plain state: `BookState` in MessagePack, keys sorted."""

    def order(self, order_id: int) -> bytes | None:
        """An order's row of the state, with its side before it: a live order, or one that the last command
        has ended.
        """

    def equilibrium(self) -> tuple[int, int] | None:
        """(price in ticks, quantity in lots) that an uncross would trade now; None if nothing, and outside a
        call phase.
        """
