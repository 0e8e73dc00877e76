"""What a topology says of things that a running exchange may be told of, as operators decide it."""

from collections.abc import Iterator
from typing import Any

from bulkhead.domain.messages import control, listing
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.trading import SchedulePhase
from bulkhead.domain.terms import LimitKind, Phase
from bulkhead.topology import derived
from bulkhead.topology.genesis import PHASES, pro_rata_of, trading_of
from bulkhead.topology.genesis_limits import bounds_of
from bulkhead.topology.models import Topology

IN_ADD_PARTICIPANT = (LimitKind.OPEN_ORDERS, LimitKind.COMMANDS_IN_FLIGHT)
"""bounds that the participant is added with"""


def instrument(topology: Topology, instrument_id: str, reason: str = "") -> listing.ListInstrument:
    terms = next(each for each in derived.instrument_terms(topology) if each.instrument_id == instrument_id)
    settings = topology.instruments[instrument_id]
    return listing.ListInstrument(
        *terms.definition,
        *pro_rata_of(settings),
        derived.least_display_lots(settings),
        settings.early_auction_orders,
        reason,
    )


def how_it_trades(topology: Topology, instrument_id: str) -> Iterator[Any]:
    """The decisions that a listed instrument needs, in order; what it asks of its orders it is listed with.

    Its phase comes last: it is halted until then.
    """
    for message in trading_of(topology, instrument_id):
        if not isinstance(message, control.SetOrderRules):
            yield message
    phase = PHASES[topology.instruments[instrument_id].trading]
    if phase is Phase.CONTINUOUS:
        yield control.SetPhase(instrument_id, phase)


def which(decision: Any) -> tuple[type, int]:
    """Of two decisions about one instrument that are the same in this, the second one replaces the first."""
    return type(decision), decision.time_of_day_ms if isinstance(decision, SchedulePhase) else 0


def participant(topology: Topology, participant_id: str, reason: str = "") -> listing.AddParticipant:
    limits = topology.participants[participant_id].limits
    return listing.AddParticipant(
        participant_id,
        derived.slot_of(participant_id),
        *derived.fee_rates_e7(topology),
        limits.open_orders_max,
        limits.commands_in_flight_max,
        limits.commands_per_s_max if topology.has_gateways else None,
        reason,
    )


def bounds(topology: Topology, participant_id: str) -> Iterator[SetLimit]:
    """Those of an added participant that it is not added with: of all its accounts, then of each."""
    found = bounds_of(topology, participant_id).items()
    for (kind, account_id, asset_id), bound in sorted(found, key=lambda each: each[0][1] is not None):
        if kind not in IN_ADD_PARTICIPANT:
            yield SetLimit(participant_id, account_id, kind, asset_id, bound)


def accounts(topology: Topology, participant_id: str) -> Iterator[listing.AddAccount]:
    for terms in derived.account_terms(topology):
        if terms.participant_id == participant_id:
            funds = tuple(listing.Funds(asset_id, amount) for asset_id, amount in terms.balances)
            yield listing.AddAccount(terms.account_id, participant_id, funds)
