"""FillReversed: what a fill moved is moved back, to the unit, and moved again at the right price, if there is
one.

The amount may have been used meanwhile. Then the balance falls below what is reserved, or below zero: nothing
is taken back from other orders, and what needs that asset is refused (`balance`) until fills, cancels or
deposits have covered it. The order is not looked at: it may be long forgotten, and its executed lots, its
fee_basis and its reservation stay.
"""

from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.reversal import FillReversed, TradeBusted, TradeCorrected
from bulkhead.domain.risk.model import Account, Instrument, Risk
from bulkhead.domain.risk.negative import tell_if_it_changed
from bulkhead.domain.terms import Side


def fill_reversed(risk: Risk, event: FillReversed, out: Outbox) -> None:
    account, instrument = risk.accounts.get(event.account_id), risk.instruments.get(event.instrument_id)
    if account is None or instrument is None:
        raise Impossible(f"it undoes a fill of {event.account_id} in {event.instrument_id}: never heard of")
    base, quote = account.balance(instrument.base_asset_id), account.balance(instrument.quote_asset_id)
    before = base.total, quote.total
    _move(account, instrument, event, event.price_ticks, event.fee_amount, -1)
    if event.corrected_price_ticks is not None:
        _move(account, instrument, event, event.corrected_price_ticks, event.corrected_fee_amount, 1)
    _report(account, event, out)
    tell_if_it_changed(account, instrument.base_asset_id, before[0], out)
    tell_if_it_changed(account, instrument.quote_asset_id, before[1], out)


def _move(
    account: Account,
    instrument: Instrument,
    event: FillReversed,
    price_ticks: int,
    fee_amount: int,
    direction: int,
) -> None:
    """What a fill moves; `direction` -1: back."""
    notional = price_ticks * event.quantity_lots * instrument.tick_lot_units
    base_amount = event.quantity_lots * instrument.lot_units
    bought = direction if event.side is Side.BUY else -direction
    account.balance(instrument.base_asset_id).total += bought * base_amount
    account.balance(instrument.quote_asset_id).total -= bought * notional + direction * fee_amount


def _report(account: Account, event: FillReversed, out: Outbox) -> None:
    participant = account.participant
    what = (
        participant.last_sequence,
        account.account_id,
        event.order_id,
        event.instrument_id,
        event.side,
        event.trade_id,
    )
    if event.corrected_price_ticks is None:
        report: TradeBusted | TradeCorrected = TradeBusted(
            *what, event.price_ticks, event.quantity_lots, event.fee_amount
        )
    else:
        report = TradeCorrected(
            *what,
            event.corrected_price_ticks,
            event.quantity_lots,
            event.corrected_fee_amount,
            event.price_ticks,
            event.fee_amount,
        )
    out.send(participant.reports, report)
