"""All checks of an exchange at rest."""

from collections.abc import Callable

from bulkhead.machines.reference import ReferenceMachine
from bulkhead.simulation.checks.books import check_books, check_fills, check_phases
from bulkhead.simulation.checks.ledger import check_assets
from bulkhead.simulation.checks.links import check_links
from bulkhead.simulation.checks.reports import check_reports
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.reversals import check_reversals, reversals_in
from bulkhead.simulation.checks.streams import check_dead_letters, check_replay
from bulkhead.simulation.evidence import Evidence, Streams


def check_everything(evidence: Evidence, streams: Streams, make: Callable[[str], ReferenceMachine]) -> None:
    """`make` gives a machine in its first state, by name."""
    check_reservations(
        (evidence.domain(name).risk for name in evidence.shards("risk")),
        lambda risk: reversals_in(evidence.log, f"orders/{risk.shard}"),
    )
    check_assets(evidence)
    check_reports(evidence, streams)
    check_links(evidence, streams)
    check_books(evidence, streams)
    check_phases(evidence)
    check_fills(evidence, streams)
    check_reversals(evidence, streams)
    check_dead_letters(evidence, streams)
    check_replay(evidence, make)
