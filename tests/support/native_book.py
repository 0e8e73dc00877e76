"""The native engine's book, mirrored after every command, so that one test runs on both engines.

What the book holds is read from the native engine, and nothing is worked out here: the outcomes are those
that came as bytes, the orders have the values of its state.
"""

import importlib.util
from typing import TYPE_CHECKING, Final

import pytest

from bulkhead.domain.book.book import Book
from bulkhead.machines.engines import Engine

needs_native_engine = pytest.mark.skipif(
    importlib.util.find_spec("bulkhead._engine") is None,
    reason="the native engine is not built here: `make venv` says why",
)

if TYPE_CHECKING or importlib.util.find_spec("bulkhead._engine") is not None:
    from collections.abc import Iterable

    from bulkhead.domain.book.outcomes import Outcome
    from bulkhead.runner.native_book import NativeBook

    class MirroredBook(NativeBook):
        """Its `Contents` mirror what the native book holds, after every command."""

        def _name(self, outcomes: Iterable[Outcome]) -> None:
            for order_id in list(self._orders):
                self.order(order_id)
            self.mirror()

else:

    class MirroredBook(Book):
        """Never made: the tests that would are skipped, or fail in CI."""


ENGINES: Final = (
    pytest.param(Engine.REFERENCE, id="reference"),
    pytest.param(Engine.NATIVE, id="native", marks=needs_native_engine),
)
BOOKS: Final = (
    pytest.param(Book, id="reference"),
    pytest.param(MirroredBook, id="native", marks=needs_native_engine),
)
