"""SettleLeg: one side of a trade against the house, delivery versus payment, with its fee."""

from bulkhead.domain.ledger.commands import Movement, Transfer
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.settlement.model import FEES, HOUSE, Settlement
from bulkhead.domain.terms import Side


def settle_leg(settlement: Settlement, leg: SettleLeg, out: Outbox) -> None:
    instrument = settlement.instruments.get(leg.instrument_id)
    if instrument is None:
        settlement.early_legs.setdefault(leg.instrument_id, []).append(leg)
        return
    base_asset_id, quote_asset_id = instrument
    account_id = leg.account_id
    for party in (account_id, HOUSE):
        settlement.open_account(party, base_asset_id)
        settlement.open_account(party, quote_asset_id)
    buys = leg.side is Side.BUY
    giver, taker = (HOUSE, account_id) if buys else (account_id, HOUSE)
    movements: list[Movement] = [
        Transfer(settlement.next_transfer_id(), giver, taker, base_asset_id, leg.base_amount),
        Transfer(settlement.next_transfer_id(), taker, giver, quote_asset_id, leg.quote_amount),
    ]
    if leg.fee_amount:
        settlement.open_account(FEES, quote_asset_id)
        payer, earner = (account_id, FEES) if leg.fee_amount > 0 else (FEES, account_id)
        movements.append(
            Transfer(settlement.next_transfer_id(), payer, earner, quote_asset_id, abs(leg.fee_amount))
        )
    settlement.book(movements)
    settlement.legs += 1
