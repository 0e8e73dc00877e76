"""At any moment: no book is asked more than it may leave unanswered, however slow it is."""

from collections import Counter

from bulkhead.domain.risk.model import Risk
from bulkhead.simulation.broken import must


def check_windows(risk: Risk) -> None:
    """Cancels are always let through: there are at most as many as orders, which were let through before."""
    cancels = Counter(
        order.instrument.route.destination for order in risk.orders.values() if order.cancel_sent
    )
    for instrument in risk.instruments.values():
        route = instrument.route
        most = instrument.window + cancels[route.destination]
        must(
            route.unanswered <= most,
            f"risk/{risk.shard}: {route.destination} has not answered {route.unanswered}, of at most {most}",
        )
