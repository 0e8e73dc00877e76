//! What an order may have beyond price, quantity and time in force.

use super::terms::StpMode;

/// The terms of an order that a plain one doesn't have; the fields are those of the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Special {
    /// None shows all; 0 nothing (hidden); n a slice of n (iceberg).
    pub display_lots: Option<i64>,
    pub min_quantity_lots: Option<i64>,
    /// Orders of one group never trade with each other; empty: of none.
    pub stp_group: Box<str>,
    pub stp_mode: StpMode,
    pub stop_price_ticks: Option<i64>,
    pub trail_ticks: Option<i64>,
    pub expire_time_ms: Option<i64>,
    /// It waits for the mark price, not for the last trade price.
    pub on_mark: bool,
    pub slide_ticks: Option<i64>,
    /// What an iceberg shows just now; belongs to `display`.
    pub shown_lots: i64,
    /// Its place among those that wait or are parked; belongs to `waiting` and `parked`.
    pub arrival: i64,
}

impl Default for Special {
    fn default() -> Self {
        Self {
            display_lots: None,
            min_quantity_lots: None,
            stp_group: Box::from(""),
            stp_mode: StpMode::CancelAggressor,
            stop_price_ticks: None,
            trail_ticks: None,
            expire_time_ms: None,
            on_mark: false,
            slide_ticks: None,
            shown_lots: 0,
            arrival: 0,
        }
    }
}

impl Special {
    /// Whether whoever meets it has to look at more than its price and its quantity.
    pub fn alters_matching(&self) -> bool {
        self.display_lots.is_some() || self.least_lots() > 0 || !self.stp_group.is_empty()
    }

    /// The minimum quantity; 0 where anything will do.
    pub fn least_lots(&self) -> i64 {
        self.min_quantity_lots.unwrap_or(0)
    }

    /// Whether it shows a slice of itself.
    pub fn is_iceberg(&self) -> bool {
        self.display_lots.is_some_and(|lots| lots != 0)
    }

    pub fn is_hidden(&self) -> bool {
        self.display_lots == Some(0)
    }
}
