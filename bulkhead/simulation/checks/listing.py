"""At rest: of what operators have added and ended while it traded."""

from bulkhead.domain.messages.listing import RetireInstrument
from bulkhead.domain.messages.orders import EntryRefused
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages


def check_listed(evidence: Evidence, streams: Streams) -> None:
    """No order came to a book before the book knew its instrument; a retired one has none, ever again."""
    for source, destination in streams:
        if source.startswith("book/") and destination.startswith("orders/"):
            for answer in messages(streams, destination, source):
                unknown = isinstance(answer, EntryRefused) and answer.reason is Reason.INSTRUMENT_UNKNOWN
                must(
                    not unknown,
                    f"{source} was sent an order of an instrument that it does not know: {answer}",
                )
    asked = {
        message.instrument_id
        for source, destination in streams
        if destination.startswith("books/")
        for message in messages(streams, destination, source)
        if isinstance(message, RetireInstrument)
    }
    for name in evidence.shards("book"):
        for instrument_id, instrument in evidence.domain(name).partition.instruments.items():
            if instrument.book.phase is Phase.RETIRED:
                orders = [order.order_id for order in instrument.book.orders()]
                must(instrument_id in asked, f"{instrument_id} is retired, and no operator has decided it")
                must(not orders, f"{instrument_id} is retired, and has orders: {orders}")
    kept = [evidence.domain(name).control for name in evidence.shards("control")]
    for control in kept:
        missing = evidence.topology.instruments.keys() - control.instruments.keys()
        must(not missing, f"control does not know {missing}")
