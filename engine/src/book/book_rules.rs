//! What an instrument may ask of its orders beyond how they are matched.

/// `least_display_lots`: an iceberg shows so much at least, or, where it is smaller, all of itself; 0: any
/// slice will do.
/// `early_auction_orders`: at_open and at_close orders that come before their auction wait for it, unseen;
/// otherwise they are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookRules {
    pub least_display_lots: i64,
    pub early_auction_orders: bool,
}
