"""What operators add while the exchange trades: each addition is told as the genesis would have said it.

A new instrument is halted, and risk takes no order until its book says that it trades: so nobody has to know
in which order control's streams are read. A new book partition hears first what every other one has heard.
"""

from bulkhead.domain.control import distribution
from bulkhead.domain.control.approvals import end_signed_by
from bulkhead.domain.control.model import SLOTS, Control
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
    RegisterOperator,
    SetBehaviour,
    SetOrderRules,
)
from bulkhead.domain.messages.listing import (
    AddAccount,
    AddAsset,
    AddOperator,
    AddParticipant,
    ListInstrument,
    RevokeOperator,
    SetFees,
)
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.messages.shards import ShardRetired
from bulkhead.domain.reasons import Reason
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.domain.terms import Phase

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_UNITS_MAX = 2**101
"""of a lot, and of a lot at one tick: what all lots of an order may cost (domain/amounts.py)"""
_BOOKS_MAX = 2**16
LISTED_PHASE = Phase.HALTED
"""in which an instrument is until an operator resumes it: risk takes nothing until its book says so"""
_DECIMALS_MAX = 18


def add_asset(control: Control, event: AddAsset, out: Outbox) -> Reason | None:
    """Why not, if not. Of the genesis's assets control knows nothing; risk keeps what it was told first."""
    if not _is_name(event.asset_id) or event.decimals > _DECIMALS_MAX:
        return Reason.DEFINITION
    if event.asset_id in control.added_assets:
        return Reason.ASSET_KNOWN
    control.added_assets.add(event.asset_id)
    distribution.define_asset(control, DefineAsset(event.asset_id, event.decimals), out)
    return None


def list_instrument(control: Control, event: ListInstrument, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if event.instrument_id in control.instruments:
        return Reason.INSTRUMENT_KNOWN
    if event.book > control.book_shards or event.book == _BOOKS_MAX:
        return Reason.SHARD_UNKNOWN
    if not _is_name(event.instrument_id) or not _makes_sense(event):
        return Reason.DEFINITION
    if event.book == control.book_shards:
        if control.behaviour_change is not None:
            return Reason.BEHAVIOUR_CHANGING  # it would be told neither version in its turn
        _add_book(control, out)
    definition = DefineInstrument(
        event.instrument_id,
        event.book,
        event.base_asset_id,
        event.quote_asset_id,
        event.lot_units,
        event.tick_lot_units,
        event.price_increment_ticks,
        event.price_min_ticks,
        event.price_max_ticks,
        event.quantity_increment_lots,
        event.quantity_min_lots,
        event.quantity_max_lots,
        event.window,
        LISTED_PHASE,
        event.pro_rata_minimum_lots,
        event.top_order,
    )
    distribution.define_instrument(control, definition, out)
    if event.least_display_lots or event.early_auction_orders:
        rules = SetOrderRules(event.instrument_id, event.least_display_lots, event.early_auction_orders)
        distribution.set_order_rules(control, rules, out)
    return None


def _makes_sense(event: ListInstrument) -> bool:
    """What would make a machine raise later; that assets exist, only risk knows."""
    return (
        event.base_asset_id != event.quote_asset_id
        and 0 < event.lot_units <= _UNITS_MAX
        and 0 < event.tick_lot_units <= _UNITS_MAX
        and event.price_increment_ticks > 0
        and event.price_min_ticks <= event.price_max_ticks
        and event.quantity_increment_lots > 0
        and 0 < event.quantity_min_lots <= event.quantity_max_lots
    )


def _add_book(control: Control, out: Outbox) -> None:
    """Its time comes from the clock; of what control has told the others, this is what is not about one of
    their instruments.
    """
    books = f"books/{control.book_shards}"
    control.book_shards += 1
    shards = DefineShards(control.risk_shards, control.book_shards, control.settlement_shards)
    for destination in ("clock/0", books):
        out.send(destination, shards)
    for number in sorted(control.retired):
        out.send(books, ShardRetired(number))
    for number in sorted(control.retired_settlement):
        out.send(books, SettlementRetired(number))
    out.send(books, SetBehaviour(control.behaviour_version))
    for run in distribution.slot_runs(control):
        out.send(books, run)


def add_participant(control: Control, event: AddParticipant, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if event.participant_id in control.participants:
        return Reason.PARTICIPANT_KNOWN
    if not _is_name(event.participant_id) or event.slot >= SLOTS:
        return Reason.DEFINITION
    rates = event.maker_fee_rate, event.taker_fee_rate
    limits = event.open_orders_max, event.commands_in_flight_max
    definition = DefineParticipant(event.participant_id, event.slot, *rates, *limits)
    distribution.define_participant(control, definition, out)
    if event.commands_per_s_max is not None:
        ingress = OpenIngress(event.participant_id, event.commands_per_s_max)
        distribution.open_ingress(control, ingress, out)
    return None


def add_account(control: Control, event: AddAccount, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if event.participant_id not in control.participants:
        return Reason.PARTICIPANT_UNKNOWN
    if event.account_id in control.accounts or event.account_id in OWN_ACCOUNTS:
        return Reason.ACCOUNT_KNOWN
    if not _is_name(event.account_id):
        return Reason.DEFINITION
    distribution.open_account(control, OpenAccount(event.account_id, event.participant_id), out)
    for each in event.funds:
        distribution.deposit(control, Deposit(event.account_id, each.asset_id, each.amount), out)
    return None


def set_fees(control: Control, event: SetFees, out: Outbox) -> Reason | None:
    distribution.tell_risk(control, None, event, out)
    return None


def add_operator(control: Control, event: AddOperator, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if key_problem(event.public_key) is not None:
        return Reason.KEY_UNFIT
    if event.public_key in control.keys:  # nobody's: revoked
        return Reason.KEY_TAKEN if control.keys[event.public_key] else Reason.KEY_UNKNOWN
    if event.public_key in control.operators:
        return Reason.KEY_TAKEN
    distribution.register_operator(control, RegisterOperator(event.public_key), out)
    return None


def revoke_operator(control: Control, event: RevokeOperator, out: Outbox) -> Reason | None:
    """Why not, if not. Who signs it may be whom it names."""
    if event.public_key not in control.operators:
        return Reason.KEY_UNKNOWN
    needed = max([1, *(rule.operators for rule in control.approvals.values())])
    if len(control.operators) <= needed:
        return Reason.OPERATORS_NEEDED
    del control.operators[event.public_key]
    control.keys[event.public_key] = ""  # as a participant's that was revoked: for ever
    end_signed_by(control, event.public_key, out)
    return None


def _is_name(text: str) -> bool:
    """What becomes part of a partition's name, or of a command's line."""
    return _LETTERS.issuperset(text)
