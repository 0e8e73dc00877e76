//! A settlement shard's snapshot, ordered by value, and back.

use crate::by_slot::{BySlot, read_slot};
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Read, Reader, Writer};

use super::early_legs;
use super::leaving_state::{load_leaving, save_leaving};
use super::model::{Instrument, Settlement};

pub fn save(settlement: &Settlement, to: &mut Writer) {
    let holders = settlement.ledger.holders.sorted();
    let mut map = SortedMap::default();
    settlement.behaviour.save(&mut map);
    map.add("time", |to| {
        to.array(2);
        to.int(settlement.tick);
        to.int(settlement.time_ms);
    });
    map.add("ledger", |to| settlement.ledger.write(&holders, to));
    map.add("instruments", |to| save_instruments(settlement, to));
    map.add("early_legs", |to| early_legs::write(&settlement.early_legs, to));
    map.add("slots", |to| {
        let slots = || {
            let each = holders.iter();
            each.filter_map(|&(holder, name, _)| Some((name, settlement.slot(holder)?)))
        };
        to.map(slots().count());
        for (account_id, slot) in slots() {
            to.text(account_id);
            to.int(slot.into());
        }
    });
    map.add("participants", |to| {
        let participants = settlement.participants();
        to.map(participants.len());
        for (participant_id, slot) in participants {
            to.text(participant_id);
            to.int(slot.into());
        }
    });
    map.add("risk", |to| settlement.risk.write(to));
    map.add("transfers", |to| to.int(settlement.transfers));
    map.add("legs", |to| to.int(settlement.legs));
    save_leaving(settlement, &mut map);
    map.write(to);
}

fn save_instruments(settlement: &Settlement, to: &mut Writer) {
    let assets = &settlement.ledger.assets;
    to.array(settlement.instruments.len());
    for (_, instrument_id, instrument) in settlement.instruments.sorted() {
        to.array(3);
        to.text(instrument_id);
        to.text(assets.name(instrument.base));
        to.text(assets.name(instrument.quote));
    }
}

pub fn load(shard: i64, from: &mut Reader<'_>) -> Read<Settlement> {
    let mut settlement = Settlement::new(shard);
    let entries = Entries::read(from)?;
    settlement.behaviour.load(&entries)?;
    let mut time = entries.need("time")?;
    time.array_of(2)?;
    (settlement.tick, settlement.time_ms) = (time.int()?, time.int()?);
    settlement.ledger.load(&mut entries.need("ledger")?)?;
    let mut instruments = entries.need("instruments")?;
    for _ in 0..instruments.array()? {
        instruments.array_of(3)?;
        let instrument_id = instruments.text()?;
        let instrument = Instrument {
            base: settlement.ledger.asset(instruments.text()?),
            quote: settlement.ledger.asset(instruments.text()?),
        };
        settlement.instruments.add(instrument_id, instrument);
    }
    settlement.early_legs = early_legs::read(&mut entries.need("early_legs")?)?;
    let mut slots = entries.need("slots")?;
    for _ in 0..slots.map()? {
        let holder = settlement.ledger.holder(slots.text()?);
        settlement.set_slot(holder, read_slot(&mut slots)?);
    }
    let mut participants = entries.need("participants")?;
    for _ in 0..participants.map()? {
        let participant_id = participants.text()?;
        settlement.set_participant(participant_id, read_slot(&mut participants)?);
    }
    settlement.risk = BySlot::read(&mut entries.need("risk")?)?;
    settlement.transfers = entries.need("transfers")?.int()?;
    settlement.legs = entries.need("legs")?.int()?;
    load_leaving(&mut settlement, &entries)?;
    Ok(settlement)
}
