//! Slots that move to another risk or settlement shard: whom orders and legs are told to from then on.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{SettleElsewhere, SlotsLeaving, SlotsSwitched};

use super::model::{BookPartition, RISK_SHARDS};

pub fn slots_leaving(partition: &mut BookPartition, event: &SlotsLeaving, out: &mut Outbox) -> Handled {
    if event.new >= RISK_SHARDS as i64 {
        return Err(Trouble::Impossible(format!(
            "no order id has room for risk shard {}",
            event.new
        )));
    }
    let common = &mut partition.common;
    for slot in event.first_slot..=event.last_slot {
        common.moved.insert(slot as u16, event.new);
    }
    let switched = SlotsSwitched {
        move_id: event.move_id,
        shard: &format!("book/{}", common.partition),
    };
    out.send(&format!("orders/{}", event.old), &switched);
    Ok(())
}

/// The old settlement shard has heard its last leg of these slots.
pub fn settle_elsewhere(partition: &mut BookPartition, event: &SettleElsewhere, out: &mut Outbox) -> Handled {
    let common = &mut partition.common;
    let settlement = format!("settlement/{}", event.new);
    for slot in event.first_slot..=event.last_slot {
        common.settlement.set(slot as usize, &settlement);
    }
    let switched = SlotsSwitched {
        move_id: event.move_id,
        shard: &format!("book/{}", common.partition),
    };
    out.send(&format!("settlement/{}", event.old), &switched);
    Ok(())
}
