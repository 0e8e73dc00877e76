"""Every engine's book, for the tests that speak to a book itself."""

import pytest

from bulkhead.domain.book.book import Book
from tests.support.native_book import BOOKS


@pytest.fixture(params=BOOKS)
def new_book(request: pytest.FixtureRequest) -> type[Book]:
    """The class of a book, of either engine."""
    book: type[Book] = request.param
    return book
