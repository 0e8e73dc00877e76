//! Slots that leave or come: their part of a risk shard's snapshot, which has none while none move.

use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::Read;

use super::model::{Coming, Leaving, Risk};

pub fn save_moving<'a>(risk: &'a Risk, map: &mut SortedMap<'a>) {
    let ended = &risk.retired_settlement;
    map.add_if(!ended.is_empty(), "retired_settlement", move |to| {
        to.array(ended.len());
        for &shard in ended {
            to.int(shard);
        }
    });
    if let Some(leaving) = &risk.leaving {
        map.add("leaving", |to| {
            to.array(5);
            to.array(4);
            to.int(leaving.move_id);
            to.int(leaving.first_slot);
            to.int(leaving.last_slot);
            to.int(leaving.new);
            to.array(2);
            to.int(leaving.books);
            to.int(leaving.settlements);
            to.boolean(leaving.begun);
            to.array(leaving.awaited.len());
            for shard in &leaving.awaited {
                to.text(shard);
            }
            to.array(leaving.deferred.len());
            for &order_id in &leaving.deferred {
                to.int(order_id);
            }
        });
    }
    if let Some(coming) = &risk.coming {
        map.add("coming", |to| {
            to.array(2);
            to.int(coming.move_id);
            to.array(coming.pieces.len());
            for (section, rows) in &coming.pieces {
                to.array(2);
                to.text(section);
                to.bin(rows);
            }
        });
    }
}

pub fn load_moving(risk: &mut Risk, entries: &Entries<'_>) -> Read<()> {
    if let Some(mut ended) = entries.get("retired_settlement") {
        for _ in 0..ended.array()? {
            risk.retired_settlement.insert(ended.int()?);
        }
    }
    if let Some(mut from) = entries.get("leaving") {
        from.array_of(5)?;
        from.array_of(4)?;
        let mut leaving = Leaving {
            move_id: from.int()?,
            first_slot: from.int()?,
            last_slot: from.int()?,
            new: from.int()?,
            ..Leaving::default()
        };
        from.array_of(2)?;
        (leaving.books, leaving.settlements) = (from.int()?, from.int()?);
        leaving.begun = from.boolean()?;
        for _ in 0..from.array()? {
            leaving.awaited.insert(from.text()?.into());
        }
        for _ in 0..from.array()? {
            leaving.deferred.push(from.int()?);
        }
        risk.leaving = Some(leaving);
    }
    if let Some(mut from) = entries.get("coming") {
        from.array_of(2)?;
        let mut coming = Coming {
            move_id: from.int()?,
            ..Coming::default()
        };
        for _ in 0..from.array()? {
            from.array_of(2)?;
            coming.pieces.push((from.text()?.into(), from.bin()?.into()));
        }
        risk.coming = Some(coming);
    }
    Ok(())
}
