"""At rest: each release of a book's orders was done by every risk shard, and the book has taken them off."""

from collections import Counter
from collections.abc import Mapping

from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.domain.messages.orders import BookCleared, ClearBook
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages


def check_releases(evidence: Evidence, streams: Streams, given_up: Mapping[str, int]) -> None:
    """`given_up`: how often, by instrument. Control takes no such decision while risk shards change."""
    changed = evidence.domain("control/0").control.moves > 0
    for name in evidence.shards("risk"):
        risk = evidence.domain(name).risk
        heard = messages(streams, f"orders/{risk.shard}")
        told = Counter(each.instrument_id for each in heard if isinstance(each, ReleaseOrders))
        done = Counter(each.instrument_id for each in heard if isinstance(each, BookCleared))
        asked = Counter(
            each.instrument_id
            for destination in sorted({to for _, to in streams if to.startswith("books/")})
            for each in messages(streams, destination, name)
            if isinstance(each, ClearBook)
        )
        whole = told <= Counter(given_up) if changed else told == given_up
        must(whole, f"{name} was told to give up {dict(told)}, an operator gave up {dict(given_up)}")
        must(asked == told, f"{name} gave up {dict(asked)}, and was told of {dict(told)}")
        must(done == told, f"{name} was told of {dict(done)} that are cleared, of {dict(told)}")
        must(not risk.lost, f"{name} takes {list(risk.lost)} for lost")
