"""What operators' commands have changed since the founding: a field that the topology follows them in is no
difference any more.
"""

from collections.abc import Iterable, Iterator
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
from bulkhead.installation.history import taken_in_order
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.topology.genesis import PHASES, trading_of
from bulkhead.topology.genesis_limits import Bounded, bounds_of
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.fields import FieldChange
from bulkhead.topology.plan.told import Told

_FAMILIES: dict[str, tuple[type, ...]] = {
    "bands": (SetBands, SetReferencePrice),
    "circuit_breaker": (SetCircuitBreaker,),
    "price_collar": (SetPriceCollar,),
    "phases": (ClearTimetable, SchedulePhase),
}
"""an instrument's field -> the decisions that change it"""


def taken_decisions(installation: Installation) -> list[Any]:
    """All that operators have decided and was obeyed, in the order in which control has obeyed it, and
    SlotsMoved where a move was over. Reads all of control's partition.

    TemporaryError, FatalError: the log's.
    """
    log = open_log(installation.log_address)
    try:
        return taken_in_order(log, identity_of(installation))
    finally:
        log.close()


def still_different(
    founded: Topology, wanted: Topology, changes: list[FieldChange], taken: list[Any]
) -> list[FieldChange]:
    """Without those that operators' decisions have already brought about."""
    return [change for change in changes if not _done(change, founded, wanted, taken)]


def traded_otherwise(wanted: Topology, told: Told) -> Iterator[tuple[str, str, str]]:
    """The fields in which a listed instrument is to be traded otherwise than operators have decided."""
    for name in sorted(told.listed.keys() & wanted.instruments.keys()):
        decided, should_be = told.trading.get(name, []), list(trading_of(wanted, name))
        for field, family in _FAMILIES.items():
            now, then = ([each for each in all_ if isinstance(each, family)] for all_ in (decided, should_be))
            if now and _last(now) != _last(then):
                yield "instruments", name, field


def _done(change: FieldChange, founded: Topology, wanted: Topology, taken: list[Any]) -> bool:
    if change.effect.level is not Level.COMMAND:
        return False
    section, name, field = (str(step) for step in change.path[:3])
    if change.after == "retired":  # a step of the plan does it
        return True
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
