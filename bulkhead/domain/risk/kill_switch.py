"""The kill switch: what is stopped takes no order and no replace, and its live orders end.

The cancels go to each book behind the orders that this shard had sent there before, so none gets past them.
Cancels of participants are taken all the while.
"""

from collections.abc import Iterable, Iterator

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.kill_switch import (
    KillOwn,
    KillScope,
    KillSwitchChanged,
    KillSwitchThrown,
    OwnKillSwitchSet,
    ReleaseOwn,
    ThrowKillSwitch,
)
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.listing import live_orders
from bulkhead.domain.risk.mass_cancel import Asked, ask_to_end
from bulkhead.domain.risk.model import Account, Instrument, Order, Participant, Risk
from bulkhead.domain.risk.risk_events import trading_stopped

Switch = tuple[KillScope, str]


def check_kill_switch(risk: Risk, account: Account, instrument_id: str) -> Refusal | None:
    """Of several that stand the narrowest is told, and since when."""
    if not risk.kills:
        return None
    switch = _standing(risk, account, instrument_id)
    return None if switch is None else (Reason.KILLED, switch[0], risk.kills[switch])


def throw_kill_switch(risk: Risk, decision: ThrowKillSwitch, out: Outbox) -> None:
    """One that is on already asks again for what is still live, and keeps its time."""
    switch, on = (decision.scope, decision.name), decision.on
    if on:
        risk.kills.setdefault(switch, risk.time_ms)
    else:
        risk.kills.pop(switch, None)
    orders_of: dict[str, list[Order]] = {name: [] for name in _participants_under(risk, switch)}
    if on:
        for order in _live_orders(risk):
            if switch in _switches_over(order.account, order.instrument.instrument_id):
                orders_of[order.account.participant.participant_id].append(order)
    told = [_tell(risk, name, switch, on, orders, out) for name, orders in sorted(orders_of.items())]
    operators_event = decision.public_key, decision.epoch, decision.sequence
    since_ms = risk.kills.get(switch, 0)
    total = [sum(counts) for counts in zip(Asked(0, 0, 0), *told, strict=True)]
    trading_stopped(risk, *switch, on, total[0], out)
    out.send(DECISIONS, KillSwitchThrown(*operators_event, risk.shard, *switch, on, since_ms, *total))


def kill_own(risk: Risk, participant: Participant, command: KillOwn, out: Outbox) -> None:
    """As an operator's switch of the participant, beside it: each is lifted by itself."""
    switch = KillScope.OWN, participant.participant_id
    is_new = switch not in risk.kills
    risk.kills.setdefault(switch, risk.time_ms)
    asked = ask_to_end(risk, live_orders(risk, participant), Reason.KILLED, out)
    if is_new:
        trading_stopped(risk, *switch, True, asked.asked, out)
    told = OwnKillSwitchSet(participant.last_sequence, command.request_id, True, *asked)
    out.send(participant.reports, told)


def release_own(risk: Risk, participant: Participant, command: ReleaseOwn, out: Outbox) -> None:
    switch = KillScope.OWN, participant.participant_id
    if risk.kills.pop(switch, None) is not None:
        trading_stopped(risk, *switch, False, 0, out)
    out.send(
        participant.reports, OwnKillSwitchSet(participant.last_sequence, command.request_id, False, 0, 0, 0)
    )


def end_what_was_refused(risk: Risk, instrument: Instrument, out: Outbox) -> None:
    """Its book has told a phase: what it would not end before, as while it was closed, is asked for again."""
    if not risk.kills:
        return
    left: dict[tuple[str, Switch], list[Order]] = {}
    for order in _live_orders(risk):
        if order.instrument is instrument and not order.cancel_sent:
            switch = _standing(risk, order.account, instrument.instrument_id)
            if switch is not None:
                left.setdefault((order.account.participant.participant_id, switch), []).append(order)
    for (name, switch), orders in sorted(left.items()):
        _tell(risk, name, switch, True, orders, out)


def _tell(
    risk: Risk, participant_id: str, switch: Switch, on: bool, orders: Iterable[Order], out: Outbox
) -> Asked:
    """Have the participant's `orders` end, and tell it."""
    participant = risk.participants[participant_id]
    asked = ask_to_end(risk, orders, Reason.KILLED, out)
    out.send(participant.reports, KillSwitchChanged(participant.last_sequence, *switch, on, *asked))
    return asked


def _switches_over(account: Account, instrument_id: str) -> tuple[Switch, ...]:
    """The narrowest first."""
    return (
        (KillScope.ACCOUNT, account.account_id),
        (KillScope.PARTICIPANT, account.participant.participant_id),
        (KillScope.OWN, account.participant.participant_id),
        (KillScope.INSTRUMENT, instrument_id),
        (KillScope.EVERYTHING, ""),
    )


def _standing(risk: Risk, account: Account, instrument_id: str) -> Switch | None:
    switches = _switches_over(account, instrument_id)
    return next((switch for switch in switches if switch in risk.kills), None)


def _participants_under(risk: Risk, switch: Switch) -> list[str]:
    scope, name = switch
    if scope is KillScope.ACCOUNT:
        return [risk.accounts[name].participant.participant_id]
    return [name] if scope in (KillScope.PARTICIPANT, KillScope.OWN) else list(risk.participants)


def _live_orders(risk: Risk) -> Iterator[Order]:
    """By order id."""
    return (order for _, order in sorted(risk.orders.items()) if not (order.ended or order.released))
