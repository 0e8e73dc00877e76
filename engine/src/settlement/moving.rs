//! Slots that move to another risk shard: whom their participants' deposits are told to from then on.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{SlotsLeaving, SlotsSwitched};

use super::model::Settlement;

pub fn slots_leaving(settlement: &mut Settlement, event: &SlotsLeaving, out: &mut Outbox) -> Handled {
    let partition = format!("orders/{}", event.new);
    for slot in event.first_slot..=event.last_slot {
        settlement.risk.set(slot as usize, &partition);
    }
    let switched = SlotsSwitched {
        move_id: event.move_id,
        shard: &format!("settlement/{}", settlement.shard),
    };
    out.send(&format!("orders/{}", event.old), &switched);
    Ok(())
}
