//! What a command may cause, in the order in which it happened.
//!
//! An outcome holds the quantities as they were at that moment; the orders it names can be read until the
//! next command. The variants are those of the reference, which says what each means.

use super::orders::Handle;
use super::terms::Phase;
use crate::wire::kinds::vocabulary;

vocabulary!(
    /// Why a command was refused; the first that applies, in this order.
    RejectReason {
        Link = 1,
        DuplicateOrder = 2,
        UnknownOrder = 3,
        Quantity = 4,
        Price = 5,
        Phase = 6,
        PostOnly = 7,
        TimeInForce = 8,
        NoReferencePrice = 9,
    }
);

vocabulary!(
    /// Why what was left of an order was canceled.
    CancelReason {
        Requested = 1,
        Market = 2,
        Ioc = 3,
        Fok = 4,
        MinQuantity = 5,
        SelfTrade = 6,
        Phase = 7,
        PostOnly = 8,
        BookLost = 9,
        Linked = 10,
        ReplacedToDone = 11,
    }
);

/// The command changed nothing; `bound` and `actual` explain the reason. `actual` may be the sum of two
/// prices, which an i64 does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub order_id: Option<i64>,
    pub reason: RejectReason,
    pub bound: i64,
    pub actual: i128,
}

impl Rejected {
    pub fn new(order_id: i64, reason: RejectReason, bound: i64, actual: i64) -> Self {
        Self {
            order_id: Some(order_id),
            reason,
            bound,
            actual: actual.into(),
        }
    }

    /// A refusal that is about the order as such, not about a number.
    pub fn order(order_id: i64, reason: RejectReason) -> Self {
        Self::new(order_id, reason, 0, order_id)
    }

    /// A refusal for the phase that the book is in.
    pub fn phase(order_id: Option<i64>, phase: Phase) -> Self {
        let (bound, actual) = (Phase::Continuous.number(), phase.number().into());
        Self {
            order_id,
            reason: RejectReason::Phase,
            bound,
            actual,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        order: Handle,
    },
    Rested {
        order: Handle,
        price_ticks: i64,
        quantity_lots: i64,
    },
    Traded {
        aggressor: Handle,
        resting: Handle,
        price_ticks: i64,
        quantity_lots: i64,
        aggressor_remaining_lots: i64,
        resting_remaining_lots: i64,
    },
    Uncrossed {
        buy: Handle,
        sell: Handle,
        price_ticks: i64,
        quantity_lots: i64,
        buy_remaining_lots: i64,
        sell_remaining_lots: i64,
    },
    Displayed {
        order: Handle,
        quantity_lots: i64,
        renewed: bool,
    },
    Decremented {
        aggressor: Handle,
        resting: Handle,
        quantity_lots: i64,
        aggressor_remaining_lots: i64,
        resting_remaining_lots: i64,
    },
    Triggered {
        order: Handle,
    },
    Activated {
        order: Handle,
        quantity_lots: i64,
        previous_quantity_lots: i64,
    },
    Expired {
        order: Handle,
        quantity_lots: i64,
        rested: bool,
    },
    /// `quantity_lots` is a sum over many orders.
    Indicative {
        price_ticks: Option<i64>,
        quantity_lots: i128,
    },
    Canceled {
        order: Handle,
        quantity_lots: i64,
        reason: CancelReason,
        rested: bool,
        available_lots: i64,
    },
    Replaced {
        order: Handle,
        price_ticks: i64,
        quantity_lots: i64,
        previous_price_ticks: i64,
        previous_quantity_lots: i64,
        kept_priority: bool,
    },
    Repriced {
        order: Handle,
        price_ticks: i64,
        previous_price_ticks: i64,
    },
    Rejected(Rejected),
    PhaseChanged(Phase),
}

pub type Outcomes = Vec<Outcome>;
