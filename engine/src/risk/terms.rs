//! An order's special terms, as an order keeps them.

use crate::wire::messages::OrderTerms;

/// The terms of the wire, which borrow from the event that they came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub stop_price_ticks: Option<i64>,
    pub trail_ticks: Option<i64>,
    pub on_mark: bool,
    pub display_lots: Option<i64>,
    pub min_quantity_lots: Option<i64>,
    pub expire_time_ms: Option<i64>,
    pub slide_ticks: Option<i64>,
    pub stp_group: Box<str>,
    pub stp_mode: i64,
    pub quote_group: Box<str>,
    pub trader_id: Box<str>,
}

impl From<&OrderTerms<'_>> for Terms {
    fn from(terms: &OrderTerms<'_>) -> Self {
        Self {
            stop_price_ticks: terms.stop_price_ticks,
            trail_ticks: terms.trail_ticks,
            on_mark: terms.on_mark,
            display_lots: terms.display_lots,
            min_quantity_lots: terms.min_quantity_lots,
            expire_time_ms: terms.expire_time_ms,
            slide_ticks: terms.slide_ticks,
            stp_group: terms.stp_group.into(),
            stp_mode: terms.stp_mode,
            quote_group: terms.quote_group.into(),
            trader_id: terms.trader_id.into(),
        }
    }
}

impl Terms {
    /// As the wire has them.
    pub fn told(&self) -> OrderTerms<'_> {
        OrderTerms {
            stop_price_ticks: self.stop_price_ticks,
            trail_ticks: self.trail_ticks,
            on_mark: self.on_mark,
            display_lots: self.display_lots,
            min_quantity_lots: self.min_quantity_lots,
            expire_time_ms: self.expire_time_ms,
            slide_ticks: self.slide_ticks,
            stp_group: &self.stp_group,
            stp_mode: self.stp_mode,
            quote_group: &self.quote_group,
            trader_id: &self.trader_id,
        }
    }
}
