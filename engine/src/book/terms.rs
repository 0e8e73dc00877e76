//! The vocabulary of an order, and the ranges of its fields.

/// A closed vocabulary: each name with its number, which is never reused.
macro_rules! vocabulary {
    ($(#[$attribute:meta])* $name:ident { $($variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($variant = $number),+ }

        impl $name {
            /// The name that a number stands for; None for a number that was never given.
            pub fn from_number(number: i64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            pub fn number(self) -> i64 {
                self as i64
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary!(Side { Buy = 1, Sell = 2 });

impl Side {
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

vocabulary!(OrderType { Limit = 1, Market = 2, MarketToLimit = 3, Stop = 4, StopLimit = 5, TrailingStop = 6 });

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

vocabulary!(TimeInForce { Gtc = 1, Ioc = 2, Fok = 3, Day = 4, Gtd = 5, AtOpen = 6, AtClose = 7 });

impl TimeInForce {
    /// Whether it trades when it arrives, or never.
    pub fn is_at_once(self) -> bool {
        matches!(self, Self::Ioc | Self::Fok)
    }

    pub fn is_for_an_auction(self) -> bool {
        matches!(self, Self::AtOpen | Self::AtClose)
    }
}

vocabulary!(Phase {
    Continuous = 1,
    Halted = 2,
    Closed = 3,
    PreOpen = 4,
    Auction = 5,
    VolatilityAuction = 6,
    ClosingAuction = 7,
});

impl Phase {
    /// Whether orders gather and do not match, until an uncross.
    pub fn is_call(self) -> bool {
        matches!(
            self,
            Self::PreOpen | Self::Auction | Self::VolatilityAuction | Self::ClosingAuction
        )
    }
}

vocabulary!(StpMode { CancelAggressor = 1, CancelResting = 2, CancelBoth = 3, Decrement = 4 });

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
