//! An order's terms as its book holds them.

use crate::book::special::Special;
use crate::book::terms::StpMode;
use crate::wire::messages::OrderTerms;

/// None where nothing in them concerns the matching, as for a plain order.
pub fn special(terms: &OrderTerms<'_>) -> Option<Special> {
    if !concerns_matching(terms) {
        return None;
    }
    let mut special = Special {
        display_lots: terms.display_lots,
        min_quantity_lots: terms.min_quantity_lots,
        stp_group: terms.stp_group.into(),
        stop_price_ticks: terms.stop_price_ticks,
        trail_ticks: terms.trail_ticks,
        expire_time_ms: terms.expire_time_ms,
        on_mark: terms.on_mark,
        slide_ticks: terms.slide_ticks,
        ..Special::default()
    };
    if !terms.stp_group.is_empty() {
        special.stp_mode = StpMode::from_number(terms.stp_mode).expect("risk has looked at the mode");
    }
    Some(special)
}

fn concerns_matching(terms: &OrderTerms<'_>) -> bool {
    let numbers = [
        terms.stop_price_ticks,
        terms.trail_ticks,
        terms.display_lots,
        terms.min_quantity_lots,
        terms.expire_time_ms,
        terms.slide_ticks,
    ];
    !terms.stp_group.is_empty() || numbers.iter().any(Option::is_some)
}
