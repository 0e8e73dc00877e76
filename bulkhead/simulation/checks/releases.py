"""At rest: each release of a book's orders was done by every risk shard, and the book has taken them off."""

from collections import Counter
from collections.abc import Mapping

from bulkhead.domain.messages.orders import BookCleared, ClearBook
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages


def check_releases(evidence: Evidence, streams: Streams, given_up: Mapping[str, int]) -> None:
    """`given_up`: how often, by instrument."""
    for name in evidence.shards("risk"):
        risk = evidence.domain(name).risk
        asked = Counter(
            each.instrument_id
            for destination in sorted({to for _, to in streams if to.startswith("books/")})
            for each in messages(streams, destination, name)
            if isinstance(each, ClearBook)
        )
        done = Counter(
            each.instrument_id
            for each in messages(streams, f"orders/{risk.shard}")
            if isinstance(each, BookCleared)
        )
        must(asked == given_up, f"{name} gave up {dict(asked)}, an operator {dict(given_up)}")
        must(done == given_up, f"{name} was told of {dict(done)} that are cleared, of {dict(given_up)}")
        must(not risk.lost, f"{name} takes {list(risk.lost)} for lost")
