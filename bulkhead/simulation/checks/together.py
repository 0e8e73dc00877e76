"""All checks of an exchange at rest."""

from collections.abc import Callable, Mapping

from bulkhead.machines.reference import ReferenceMachine
from bulkhead.simulation.checks.books import check_books, check_fills, check_phases
from bulkhead.simulation.checks.ledger import check_assets
from bulkhead.simulation.checks.links import check_links
from bulkhead.simulation.checks.moves import check_moves
from bulkhead.simulation.checks.releases import check_releases
from bulkhead.simulation.checks.reports import check_reports
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.reversals import check_reversals, reversals_in
from bulkhead.simulation.checks.settlement_shards import check_settlement_shards
from bulkhead.simulation.checks.shards import check_shards
from bulkhead.simulation.checks.streams import check_dead_letters, check_replay
from bulkhead.simulation.evidence import Evidence, Streams

NOTHING: Mapping[str, int] = {}


def check_everything(
    evidence: Evidence,
    streams: Streams,
    make: Callable[[str], ReferenceMachine],
    given_up: Mapping[str, int] = NOTHING,
) -> None:
    """`make` gives a machine in its first state, by name. `given_up`: how often an instrument's orders were
    released.
    """
    check_reservations(
        (evidence.domain(name).risk for name in evidence.shards("risk")),
        lambda: reversals_in(evidence.log),
        gave_up=bool(given_up),
    )
    check_releases(evidence, streams, given_up)
    check_assets(evidence)
    check_reports(evidence, streams)
    check_links(evidence, streams)
    check_books(evidence, streams)
    check_phases(evidence)
    check_shards(evidence)
    check_settlement_shards(evidence)
    check_moves(evidence, streams)
    check_fills(evidence, streams)
    check_reversals(evidence, streams)
    check_dead_letters(evidence, streams)
    check_replay(evidence, make)
