"""What an instrument may ask of its orders beyond how they are matched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BookRules:
    """`least_display_lots`: an iceberg shows so much at least, or, where it is smaller, all of itself; 0: any
    slice will do.

    `early_auction_orders`: at_open and at_close orders that come before their auction wait for it, unseen;
    otherwise they are refused.
    """

    least_display_lots: int = 0
    early_auction_orders: bool = False


PLAIN_RULES = BookRules()
