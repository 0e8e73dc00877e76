"""Book to settlement, settlement to risk."""

from bulkhead.domain.messages import settlement
from bulkhead.wire.kinds import AMOUNT, ID, SIGNED_AMOUNT, U63
from bulkhead.wire.table.entry import SIDE, entry

SETTLEMENT = (
    entry(
        40,
        settlement.SettleLeg,
        instrument_id=ID,
        trade_id=U63,
        account_id=ID,
        side=SIDE,
        base_amount=AMOUNT,
        quote_amount=SIGNED_AMOUNT,
        fee_amount=SIGNED_AMOUNT,
    ),
    entry(41, settlement.DepositSettled, account_id=ID, asset_id=ID, amount=AMOUNT),
)
