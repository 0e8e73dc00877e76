//! An order's terms as its book holds them.

use crate::book::special::Special;
use crate::book::state::known;
use crate::wire::messages::OrderTerms;
use crate::wire::vocabulary::StpMode;

/// None where nothing in them concerns the matching, as for a plain order.
///
/// # Panics
/// When the order is in a group for self-trade prevention, and says no mode that there is.
pub fn special(terms: &OrderTerms<'_>) -> Option<Box<Special>> {
    concerns_matching(terms).then(|| {
        Box::new(Special {
            display_lots: terms.display_lots,
            min_quantity_lots: terms.min_quantity_lots,
            stp_group: terms.stp_group.into(),
            stp_mode: if terms.stp_group.is_empty() {
                StpMode::CancelAggressor
            } else {
                known(StpMode::from_number(terms.stp_mode)).expect("risk has looked at the mode")
            },
            stop_price_ticks: terms.stop_price_ticks,
            trail_ticks: terms.trail_ticks,
            expire_time_ms: terms.expire_time_ms,
            on_mark: terms.on_mark,
            slide_ticks: terms.slide_ticks,
            ..Special::default()
        })
    })
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
