//! How many cancels a participant sends for each order, counted in windows of the exchange's own ticks.

use crate::machine::streams::Outbox;
use crate::wire::vocabulary::Reason;

use super::caps::CancelRatio;
use super::model::Risk;
use super::named::ParticipantId;
use super::refusal::{Checked, Refusal};
use super::risk_events::limit_used;

pub fn check_cancel_ratio(risk: &Risk, participant: ParticipantId) -> Checked {
    let Some(ratio) = &risk.participants[participant].cancel_ratio else {
        return Ok(());
    };
    let Some(per_100_orders) = ratio.per_100_orders else {
        return Ok(());
    };
    let (allowed, cancels) = cancels_allowed(risk.tick, ratio, per_100_orders);
    if cancels > allowed {
        return Err(Refusal::new(Reason::CancelRatioLimit, allowed, cancels));
    }
    Ok(())
}

/// In this window, and those that were sent in it.
pub fn cancels_allowed(tick: i64, ratio: &CancelRatio, per_100_orders: i64) -> (i128, i128) {
    let in_window = tick.div_euclid(ratio.window_ticks) == ratio.window;
    let (orders, cancels) = if in_window {
        (ratio.orders, ratio.cancels)
    } else {
        (0, 0)
    };
    let more = i128::from(per_100_orders) * i128::from(orders) / 100;
    (i128::from(ratio.free) + more, cancels.into())
}

/// So many new orders have been sent to their book.
pub fn count_placed(risk: &mut Risk, participant: ParticipantId, orders: i64) {
    let tick = risk.tick;
    if let Some(ratio) = &mut risk.participants[participant].cancel_ratio {
        begin_window(tick, ratio);
        ratio.orders += orders;
    }
}

/// A participant's cancel has been sent to its book.
pub fn count_canceled(risk: &mut Risk, participant: ParticipantId, out: &mut Outbox) {
    let tick = risk.tick;
    let Some(ratio) = &mut risk.participants[participant].cancel_ratio else {
        return;
    };
    begin_window(tick, ratio);
    ratio.cancels += 1;
    if let Some(per_100_orders) = ratio.per_100_orders {
        let (allowed, cancels) = cancels_allowed(tick, ratio, per_100_orders);
        limit_used(risk, participant, Reason::CancelRatioLimit, allowed, cancels, out);
    }
}

fn begin_window(tick: i64, ratio: &mut CancelRatio) {
    let window = tick.div_euclid(ratio.window_ticks);
    if window != ratio.window {
        (ratio.window, ratio.orders, ratio.cancels) = (window, 0, 0);
    }
}
