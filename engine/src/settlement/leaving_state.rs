//! Slots that leave: their part of a settlement shard's snapshot, which has none while none leave.

use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::Read;
use crate::wire::messages::GiveAccounts;

use super::giving::Leaving;
use super::model::Settlement;

pub fn save_leaving<'a>(settlement: &'a Settlement, map: &mut SortedMap<'a>) {
    let Some(leaving) = &settlement.leaving else {
        return;
    };
    map.add("leaving", |to| {
        to.array(3);
        to.int(leaving.move_id);
        match &leaving.asked {
            None => to.nil(),
            Some(asked) => {
                to.array(4);
                to.int(asked.first_slot);
                to.int(asked.last_slot);
                to.int(asked.new);
                to.int(asked.book_shards);
            }
        }
        to.array(leaving.switched.len());
        for shard in &leaving.switched {
            to.text(shard);
        }
    });
}

pub fn load_leaving(settlement: &mut Settlement, entries: &Entries<'_>) -> Read<()> {
    let Some(mut from) = entries.get("leaving") else {
        return Ok(());
    };
    from.array_of(3)?;
    let move_id = from.int()?;
    let mut leaving = Leaving::new(move_id);
    if !from.nil() {
        from.array_of(4)?;
        leaving.asked = Some(GiveAccounts {
            move_id,
            first_slot: from.int()?,
            last_slot: from.int()?,
            new: from.int()?,
            book_shards: from.int()?,
        });
    }
    for _ in 0..from.array()? {
        leaving.switched.insert(from.text()?.into());
    }
    settlement.leaving = Some(leaving);
    Ok(())
}
