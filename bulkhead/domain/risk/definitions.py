"""What control and settlement tell a risk shard: the genesis, its changes, deposits, time."""

from bulkhead.domain.amounts import AMOUNT_MAX
from bulkhead.domain.keys import EVERYTHING, Permission
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.behaviour import TakeBehaviour
from bulkhead.domain.messages.control import (
    DefineAsset,
    DefineInstrument,
    DefineParticipant,
    OpenAccount,
    RegisterKey,
    RevokeKey,
    SetBehaviour,
    SetNotionalLimit,
    SetOrderRate,
    SetOrderRules,
    Tick,
)
from bulkhead.domain.messages.listing import SetFees
from bulkhead.domain.messages.reports import BalanceCredited
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.disconnect import count_silence
from bulkhead.domain.risk.limits import forget_what_is_far
from bulkhead.domain.risk.model import Account, Instrument, Participant, Risk, Route
from bulkhead.domain.risk.negative import tell_if_it_changed
from bulkhead.domain.risk.risk_events import limit_changed, second_over
from bulkhead.domain.sessions import Session


def set_behaviour(risk: Risk, event: SetBehaviour, out: Outbox) -> None:
    risk.behaviour.set(event.version)


def take_behaviour(risk: Risk, event: TakeBehaviour, out: Outbox) -> None:
    risk.behaviour.take(event, out)


def define_asset(risk: Risk, event: DefineAsset, out: Outbox) -> None:
    risk.assets.setdefault(event.asset_id, event.decimals)  # amounts of it may be there


def define_instrument(risk: Risk, event: DefineInstrument, out: Outbox) -> None:
    destination = f"books/{event.book}"
    route = risk.routes.get(destination)
    if route is None:
        route = risk.routes[destination] = Route(destination)
    instrument = risk.instruments.get(event.instrument_id)
    if instrument is None:
        instrument = risk.instruments[event.instrument_id] = Instrument()
        instrument.phase = risk.early_phases.pop(event.instrument_id, event.phase)
        instrument.least_display_lots = 0
        instrument.collar = risk.early_collars.pop(event.instrument_id, None)
    instrument.instrument_id = event.instrument_id
    instrument.route = route
    instrument.base_asset_id = event.base_asset_id
    instrument.quote_asset_id = event.quote_asset_id
    instrument.lot_units = event.lot_units
    instrument.tick_lot_units = event.tick_lot_units
    instrument.price_increment_ticks = event.price_increment_ticks
    instrument.price_min_ticks = event.price_min_ticks
    instrument.price_max_ticks = event.price_max_ticks
    instrument.quantity_increment_lots = event.quantity_increment_lots
    instrument.quantity_min_lots = event.quantity_min_lots
    instrument.quantity_max_lots = event.quantity_max_lots
    instrument.window = event.window


def set_order_rules(risk: Risk, event: SetOrderRules, out: Outbox) -> None:
    """Which orders wait for an auction is the book's business."""
    risk.instruments[event.instrument_id].least_display_lots = event.least_display_lots


def define_participant(risk: Risk, event: DefineParticipant, out: Outbox) -> None:
    participant = risk.participants.get(event.participant_id)
    if participant is None:
        participant = risk.participants[event.participant_id] = Participant()
        participant.participant_id = event.participant_id
        participant.reports = f"reports.{event.participant_id}/0"
        participant.notional_max = {}
        participant.open_orders = 0
        participant.unanswered = 0
        participant.given_up = 0
        participant.last_sequence = 0
        participant.orders_per_s_max = participant.second = participant.orders_in_second = 0
    participant.slot = event.slot
    participant.maker_fee_rate = event.maker_fee_rate
    participant.taker_fee_rate = event.taker_fee_rate
    participant.open_orders_max = event.open_orders_max
    participant.commands_in_flight_max = event.commands_in_flight_max


def set_fees(risk: Risk, event: SetFees, out: Outbox) -> None:
    """An order keeps what it was stamped with."""
    for participant in risk.participants.values():
        participant.maker_fee_rate = event.maker_fee_rate
        participant.taker_fee_rate = event.taker_fee_rate


def set_notional_limit(risk: Risk, event: SetNotionalLimit, out: Outbox) -> None:
    """As of SetLimit, one that no amount can reach changes nothing."""
    if event.amount > AMOUNT_MAX:
        return
    limits = risk.participants[event.participant_id].notional_max
    before = limits.get(event.asset_id)
    limits[event.asset_id] = event.amount
    if before is not None:  # else the genesis says it for the first time
        changed = event.participant_id, Reason.NOTIONAL_LIMIT, event.asset_id
        limit_changed(risk, *changed, before, event.amount, out)


def set_order_rate(risk: Risk, event: SetOrderRate, out: Outbox) -> None:
    risk.participants[event.participant_id].orders_per_s_max = event.orders_per_s_max


def register_key(risk: Risk, event: RegisterKey, out: Outbox) -> None:
    if event.public_key not in risk.sessions:
        risk.sessions[event.public_key] = Session(event.public_key, event.participant_id)
    if event.permissions == EVERYTHING:
        risk.restricted.pop(event.public_key, None)
    else:
        risk.restricted[event.public_key] = Permission(event.permissions)


def revoke_key(risk: Risk, event: RevokeKey, out: Outbox) -> None:
    risk.restricted.pop(event.public_key, None)
    risk.sessions.pop(event.public_key, None)


def open_account(risk: Risk, event: OpenAccount, out: Outbox) -> None:
    if event.account_id not in risk.accounts:
        participant = risk.participants[event.participant_id]
        account = risk.accounts[event.account_id] = Account(event.account_id, participant)
        for asset_id, amount in risk.early_deposits.pop(event.account_id, ()):
            _credit(account, asset_id, amount, out)


def deposit_settled(risk: Risk, event: DepositSettled, out: Outbox) -> None:
    """OverflowError: the account would have more than can be reckoned with, and halts by itself."""
    if event.amount > AMOUNT_MAX:
        raise OverflowError(f"{event.account_id} is credited {event.amount}, beyond 2^127")
    account = risk.accounts.get(event.account_id)
    if account is None:
        risk.early_deposits.setdefault(event.account_id, []).append((event.asset_id, event.amount))
    else:
        _credit(account, event.asset_id, event.amount, out)


def _credit(account: Account, asset_id: str, amount: int, out: Outbox) -> None:
    balance = account.balance(asset_id)
    before = balance.total
    if before + amount > AMOUNT_MAX:
        raise OverflowError(f"{account.account_id} would have {before + amount}, beyond 2^127")
    balance.total += amount
    participant = account.participant
    out.send(
        participant.reports,
        BalanceCredited(participant.last_sequence, account.account_id, asset_id, amount, balance.total),
    )
    tell_if_it_changed(account, asset_id, before, out)


def tick(risk: Risk, event: Tick, out: Outbox) -> None:
    elapsed_ms = event.time_ms - risk.time_ms
    begins_second = event.time_ms // 1000 != risk.time_ms // 1000
    risk.tick, risk.time_ms = event.number, event.time_ms
    if begins_second:
        forget_what_is_far(risk)
    second_over(risk, out)
    count_silence(risk, elapsed_ms, out)
