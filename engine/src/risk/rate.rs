//! How many orders a participant may have taken in a second of the exchange's own time.

use crate::machine::streams::Outbox;
use crate::wire::vocabulary::Reason;

use super::model::Risk;
use super::named::ParticipantId;
use super::refusal::{Checked, Refusal};
use super::risk_events::limit_used;

/// Whether so many orders more are taken. Time moves by ticks, which stand among the commands.
pub fn check_rate(risk: &Risk, participant: ParticipantId, orders: i64) -> Checked {
    let participant = &risk.participants[participant];
    let most = participant.orders_per_s_max;
    if most == 0 {
        return Ok(());
    }
    let is_now = risk.time_ms.div_euclid(1000) == participant.second;
    let taken = if is_now { participant.orders_in_second } else { 0 };
    if taken + orders > most {
        return Err(Refusal::new(Reason::OrderRateLimit, most, taken));
    }
    Ok(())
}

/// So many orders or replaces are sent to their book.
pub fn count_order(risk: &mut Risk, id: ParticipantId, orders: i64, out: &mut Outbox) {
    let second = risk.time_ms.div_euclid(1000);
    let participant = &mut risk.participants[id];
    let most = participant.orders_per_s_max;
    if most == 0 {
        return;
    }
    if second != participant.second {
        (participant.second, participant.orders_in_second) = (second, 0);
    }
    participant.orders_in_second += orders;
    let taken = participant.orders_in_second;
    limit_used(risk, id, Reason::OrderRateLimit, most, taken, out);
}
