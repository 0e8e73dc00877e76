"""At rest: of each pair at most one order has traded, and exits no more than their entry."""

from collections import Counter

from bulkhead.domain.messages import linked, reports
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages


def check_links(evidence: Evidence, streams: Streams) -> None:
    filled: Counter[int] = Counter()
    accepted: dict[int, tuple[str, str]] = {}
    replaced: set[int] = set()
    told: set[tuple[str, str, str]] = set()
    for participant_id in evidence.topology.participants:
        for report in messages(streams, f"reports.{participant_id}/0"):
            match report:
                case reports.OrderAccepted():
                    accepted[report.order_id] = report.account_id, report.client_order_id
                case reports.OrderReplaced():
                    replaced.add(report.order_id)  # once it is active it may be given any quantity
                case reports.OrderFilled():
                    filled[report.order_id] += report.quantity_lots
                case linked.OrdersLinked():
                    both = report.limit_client_order_id, report.stop_client_order_id
                    told.add((report.account_id, *both))
    for destination in sorted({to for _, to in streams if to.startswith("books/")}):
        for message in messages(streams, destination):
            if not isinstance(message, linked.EnterPair | linked.EnterBracket):
                continue
            limit, stop = (filled[leg.order_id] for leg in (message.limit, message.stop))
            must(not (limit and stop), f"both of a pair have traded: {message}")
            exits = {message.limit.order_id, message.stop.order_id}
            if isinstance(message, linked.EnterBracket) and not exits & replaced:
                must(limit + stop <= filled[message.entry.order_id], f"exits traded too much: {message}")
            if message.stop.order_id in accepted:
                pair = *accepted[message.limit.order_id], accepted[message.stop.order_id][1]
                must(pair in told, f"its participant was not told that it is linked: {message}")
