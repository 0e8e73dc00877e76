//! Slots that move to another risk shard: whom their participants' orders are told to from then on.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{SlotsLeaving, SlotsSwitched};

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
