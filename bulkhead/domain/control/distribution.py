"""Which shards a message of control is for. A message about something that was never defined changes
nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from bulkhead.domain.behaviour import check_known
from bulkhead.domain.control.model import SLOTS, Control, Kind
from bulkhead.domain.keys import key_problem
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import (
    DefineAsset,
    DefineInstrument,
    DefineParticipant,
    DefineShards,
    Deposit,
    OpenAccount,
    OpenIngress,
    RegisterKey,
    RegisterOperator,
    ReleaseOrders,
    RevokeKey,
    SetBehaviour,
    SetNotionalLimit,
    SetOrderRate,
    SetOrderRules,
    SetSlots,
)
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.reasons import Reason
from bulkhead.domain.sessions import Session
from bulkhead.domain.settlement.model import OWN_ACCOUNTS


def _all_risk(control: Control) -> Iterable[str]:
    """That have been told what was said before: a new one is told it by another, and then the rest."""
    founding = control.founding
    untold = founding.new if founding is not None and founding.kind is Kind.RISK else None
    return (f"orders/{shard}" for shard in control.risk_numbers() if shard != untold)


def _all_books(control: Control) -> Iterable[str]:
    return (f"books/{shard}" for shard in range(control.book_shards))


def _all_settlement(control: Control) -> Iterable[str]:
    return (f"settlement/{shard}" for shard in control.settlement_numbers())


def partition_of(control: Control, shard: str) -> str | None:
    """What a risk, book or settlement shard consumes; None where there is none of that name."""
    kinds = {"risk": _all_risk, "book": _all_books, "settlement": _all_settlement}
    kind, _, number = shard.partition("/")
    partitions = kinds[kind](control) if kind in kinds else ()
    return next((partition for partition in partitions if partition.endswith(f"/{number}")), None)


def is_shard(control: Control, shard: str) -> bool:
    """Whether there is one of that name; also a risk shard that is still being told what was said before."""
    founding = control.founding
    untold = founding is not None and founding.kind is Kind.RISK and shard == f"risk/{founding.new}"
    return untold or partition_of(control, shard) is not None


def _tell(out: Outbox, message: object, *groups: Iterable[str]) -> None:
    for group in groups:
        for destination in group:
            out.send(destination, message)


def _risk_of(control: Control, participant_id: str) -> str:
    return f"orders/{control.risk[control.participants[participant_id]]}"


def _settlement_of(control: Control, participant_id: str) -> str:
    return f"settlement/{control.settlement[control.participants[participant_id]]}"


def _ingress_of(control: Control, participant_id: str) -> str:
    """A gateway forwards to the risk shard of its own number."""
    if control.move is not None and participant_id in control.lanes:
        return f"ingress/{control.move.new}"
    return f"ingress/{control.risk[control.participants[participant_id]]}"


def _key_shards(control: Control, participant_id: str) -> Iterable[str]:
    """Who must know the participant's keys."""
    yield _risk_of(control, participant_id)
    if participant_id in control.ingress:
        yield _ingress_of(control, participant_id)


def define_shards(control: Control, event: DefineShards, out: Outbox) -> None:
    control.risk_shards = event.risk_shards
    control.book_shards = event.book_shards
    control.settlement_shards = event.settlement_shards
    _tell(out, event, ("clock/0",), _all_books(control))


def set_behaviour(control: Control, event: SetBehaviour, out: Outbox) -> None:
    check_known(event.version)
    control.behaviour_version = event.version
    _tell(out, event, _all_risk(control), _all_books(control), _all_settlement(control))


def set_slots(control: Control, event: SetSlots, out: Outbox) -> None:
    if not event.first_slot <= event.last_slot < SLOTS:
        return
    if event.risk_shard >= control.risk_shards or event.settlement_shard >= control.settlement_shards:
        return
    for slot in range(event.first_slot, event.last_slot + 1):
        control.risk[slot] = event.risk_shard
        control.settlement[slot] = event.settlement_shard
    _tell(out, event, _all_books(control), _all_settlement(control))


def slot_runs(control: Control) -> Iterator[SetSlots]:
    """The slot table, as few as say it."""
    owners = list(zip(control.risk, control.settlement, strict=True))
    first = 0
    for slot in range(1, SLOTS + 1):
        if slot == SLOTS or owners[slot] != owners[first]:
            yield SetSlots(first, slot - 1, *owners[first])
            first = slot


def define_asset(control: Control, event: DefineAsset, out: Outbox) -> None:
    _tell(out, event, _all_risk(control))


def define_instrument(control: Control, event: DefineInstrument, out: Outbox) -> None:
    if event.book >= control.book_shards:
        return
    if control.instruments.setdefault(event.instrument_id, event.book) != event.book:
        return  # its orders are in the other book
    _tell(out, event, (f"books/{event.book}",), _all_risk(control), _all_settlement(control))


def set_order_rules(control: Control, event: SetOrderRules, out: Outbox) -> None:
    if change_trading(control, event, out):
        _tell(out, event, _all_risk(control))


def define_participant(control: Control, event: DefineParticipant, out: Outbox) -> None:
    if event.slot >= SLOTS:
        return
    if control.participants.setdefault(event.participant_id, event.slot) != event.slot:
        return  # its accounts are on other shards
    _tell(
        out, event, (_risk_of(control, event.participant_id), _settlement_of(control, event.participant_id))
    )


def set_participants_limit(
    control: Control, event: SetNotionalLimit | SetOrderRate | SetLimit, out: Outbox
) -> None:
    if event.participant_id in control.participants:
        out.send(_risk_of(control, event.participant_id), event)


def open_ingress(control: Control, event: OpenIngress, out: Outbox) -> None:
    if event.participant_id in control.participants:
        control.ingress.add(event.participant_id)
        out.send(_ingress_of(control, event.participant_id), event)


def register_key(control: Control, event: RegisterKey, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if event.participant_id not in control.participants:
        return Reason.PARTICIPANT_UNKNOWN
    if key_problem(event.public_key) is not None:
        return Reason.KEY_UNFIT
    owner = control.keys.get(event.public_key, event.participant_id)
    if not owner:
        return Reason.KEY_UNKNOWN  # revoked
    if owner != event.participant_id or event.public_key in control.operators:
        return Reason.KEY_TAKEN
    control.keys[event.public_key] = owner
    _tell(out, event, _key_shards(control, owner))
    return None


def register_founding_key(control: Control, event: RegisterKey, out: Outbox) -> None:
    """Of the genesis: one that is refused changes nothing."""
    register_key(control, event, out)


def revoke_key(control: Control, event: RevokeKey, out: Outbox) -> None:
    participant_id = control.keys.get(event.public_key)
    if participant_id:
        # Remembered for ever: registered again, its old frames could be sent again, their epochs forgotten.
        control.keys[event.public_key] = ""
        _tell(out, event, _key_shards(control, participant_id))


def register_operator(control: Control, event: RegisterOperator, out: Outbox) -> None:
    if key_problem(event.public_key) is None and event.public_key not in control.operators:
        control.operators[event.public_key] = Session(event.public_key, "operator")


def open_account(control: Control, event: OpenAccount, out: Outbox) -> None:
    if event.participant_id not in control.participants or event.account_id in control.accounts:
        return
    if event.account_id in OWN_ACCOUNTS:
        return
    control.accounts[event.account_id] = event.participant_id
    _tell(
        out, event, (_risk_of(control, event.participant_id), _settlement_of(control, event.participant_id))
    )


def deposit(control: Control, event: Deposit, out: Outbox) -> None:
    participant_id = control.accounts.get(event.account_id)
    if participant_id is not None and event.amount > 0:
        out.send(_settlement_of(control, participant_id), event)


def change_trading(control: Control, event: Any, out: Outbox) -> bool:
    """To the instrument's book, which alone knows whether it can be done; False: no such instrument."""
    book = control.instruments.get(event.instrument_id)
    if book is None:
        return False
    out.send(f"books/{book}", event)
    return True


def pass_on(control: Control, event: Any, out: Outbox) -> None:
    """What the genesis says of an instrument's trading."""
    change_trading(control, event, out)


def release_orders(control: Control, event: ReleaseOrders, out: Outbox) -> None:
    """Not to the book: each risk shard tells it, behind the orders that it has sent there."""
    _tell(out, event, _all_risk(control))


def tell_risk(control: Control, participant_id: str | None, message: object, out: Outbox) -> None:
    """The shard of a participant; None: all of them."""
    _tell(
        out, message, _all_risk(control) if participant_id is None else (_risk_of(control, participant_id),)
    )
