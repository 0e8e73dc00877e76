//! The vocabulary of an order, and the ranges of its fields.

pub use crate::wire::vocabulary::{OrderType, Phase, Side, StpMode, TimeInForce};

impl Side {
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl OrderType {
    /// An order of these types waits, unseen; triggered, it is of another.
    pub fn waits(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit | Self::TrailingStop)
    }

    /// These gather ahead of all limits: their price is a protection, not a limit.
    pub fn is_unpriced(self) -> bool {
        matches!(self, Self::Market | Self::MarketToLimit)
    }
}

impl TimeInForce {
    /// Whether it trades when it arrives, or never.
    pub fn is_at_once(self) -> bool {
        matches!(self, Self::Ioc | Self::Fok)
    }

    pub fn is_for_an_auction(self) -> bool {
        matches!(self, Self::AtOpen | Self::AtClose)
    }
}

impl Phase {
    /// Whether orders gather and do not match, until an uncross.
    pub fn is_call(self) -> bool {
        matches!(
            self,
            Self::PreOpen | Self::Auction | Self::VolatilityAuction | Self::ClosingAuction
        )
    }
}

// Room for a sum of two prices or quantities was left in an i64, but for one: twice the greatest price
// is 2^63. Where two prices are added, i128 is used and says so.
pub const PRICE_TICKS_MIN: i64 = -(1 << 62);
pub const PRICE_TICKS_MAX: i64 = 1 << 62;
pub const QUANTITY_LOTS_MAX: i64 = 1 << 62;

/// The end of the range that a price is beyond; None inside.
pub fn price_bound(price_ticks: i128) -> Option<i64> {
    if price_ticks < i128::from(PRICE_TICKS_MIN) {
        Some(PRICE_TICKS_MIN)
    } else if price_ticks > i128::from(PRICE_TICKS_MAX) {
        Some(PRICE_TICKS_MAX)
    } else {
        None
    }
}
