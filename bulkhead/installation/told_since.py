"""What operators' commands have changed since the founding: a field that the topology follows them in is no
difference any more.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetPriceCollar,
    SetReferencePrice,
)
from bulkhead.installation.founding import identity_of
from bulkhead.installation.history import operator_decisions
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.topology.genesis import PHASES, trading_of
from bulkhead.topology.genesis_limits import Bounded, bounds_of
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.fields import FieldChange

_FAMILIES: dict[str, tuple[type, ...]] = {
    "bands": (SetBands, SetReferencePrice),
    "circuit_breaker": (SetCircuitBreaker,),
    "price_collar": (SetPriceCollar,),
    "phases": (ClearTimetable, SchedulePhase),
}
"""an instrument's field -> the decisions that change it"""


def still_different(
    installation: Installation, founded: Topology, changes: list[FieldChange]
) -> list[FieldChange]:
    """Without those that operators' decisions have already brought about. Reads all of control's partition,
    where a command could have.

    TemporaryError, FatalError: the log's.
    """
    if all(change.effect.level is not Level.COMMAND for change in changes):
        return changes
    log = open_log(installation.log_address)
    try:
        decided = operator_decisions(log, identity_of(installation))
    finally:
        log.close()
    taken = [decision.message for decision in decided if decision.outcome == "taken"]
    return [change for change in changes if not _done(change, founded, installation.topology, taken)]


def _done(change: FieldChange, founded: Topology, wanted: Topology, taken: list[Any]) -> bool:
    if change.effect.level is not Level.COMMAND:
        return False
    section, name, field = (str(step) for step in change.path[:3])
    if section == "participants":
        told: dict[Bounded, int | None] = {**bounds_of(founded, name)}
        for each in taken:
            if isinstance(each, SetLimit) and each.participant_id == name:
                told[each.kind, each.account_id, each.asset_id] = each.bound
        given = {key: bound for key, bound in told.items() if bound is not None}
        return given == bounds_of(wanted, name)
    mine = [each for each in taken if getattr(each, "instrument_id", None) == name]
    if field == "trading":
        phases = [each.phase for each in mine if isinstance(each, SetPhase)]
        return phases[-1:] == [PHASES[wanted.instruments[name].trading]]
    family = _FAMILIES[field]
    before = [each for each in trading_of(founded, name) if isinstance(each, family)]
    decisions = [each for each in mine if isinstance(each, family)]
    after = [each for each in trading_of(wanted, name) if isinstance(each, family)]
    return _last(before + decisions) == _last(after)


def _last(decisions: Iterable[Any]) -> dict[Any, Any]:
    """What holds after them: the last of each kind, of a timetable each time's since it was cleared."""
    held: dict[Any, Any] = {}
    for each in decisions:
        if isinstance(each, ClearTimetable):
            held = {key: value for key, value in held.items() if not isinstance(key, int)}
        elif isinstance(each, SchedulePhase):
            held[each.time_of_day_ms] = each.phase
        elif _is_none(each):
            held.pop(type(each), None)
        else:
            held[type(each)] = replace(each, reason="", reference=0)
    return held


def _is_none(decision: Any) -> bool:
    """Whether it takes away what it is about."""
    return (
        (isinstance(decision, SetBands) and decision.static_ticks is None and decision.dynamic_ticks is None)
        or (isinstance(decision, SetCircuitBreaker) and not decision.move_ticks)
        or (isinstance(decision, SetPriceCollar) and not decision.per_mille)
    )
