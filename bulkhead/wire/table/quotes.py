"""Mass quotes: between participants and risk, and from risk to book."""

from bulkhead.domain.messages import quotes
from bulkhead.wire.kinds import (
    BOOL,
    ID,
    LOTS,
    RATE,
    SIGNED_AMOUNT,
    TEXT,
    TICKS,
    U8,
    U16,
    U63,
    optional,
    record,
    several,
)
from bulkhead.wire.table.entry import REASON, SIDE, entry

QUOTES = (
    entry(
        145,
        quotes.MassQuote,
        request_id=TEXT,
        account_id=TEXT,
        instrument_id=TEXT,
        quote_group=TEXT,
        quotes=several(
            record(quotes.Quote, client_order_id=TEXT, side=U8, price_ticks=TICKS, quantity_lots=LOTS)
        ),
    ),
    entry(
        146,
        quotes.SetQuotes,
        instrument_id=ID,
        account_id=ID,
        slot=U16,
        quote_group=TEXT,
        maker_fee_rate=RATE,
        taker_fee_rate=RATE,
        quotes=several(
            record(
                quotes.QuoteToSet,
                order_id=U63,
                side=SIDE,
                price_ticks=TICKS,
                quantity_lots=LOTS,
                is_new=BOOL,
            )
        ),
    ),
    entry(
        147,
        quotes.QuotesRejected,
        last_sequence=U63,
        request_id=TEXT,
        account_id=TEXT,
        client_order_id=optional(TEXT),
        reason=REASON,
        bound=SIGNED_AMOUNT,
        actual=SIGNED_AMOUNT,
    ),
)
