//! Which shards there are to speak to. A risk shard that is new is told at once how each instrument is traded.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{CollarMoved, DefineShards, PhaseChanged, SettlementRetired, ShardRetired};
use crate::wire::vocabulary::Phase;

use super::model::{BookPartition, RISK_SHARDS};

pub fn define_shards(partition: &mut BookPartition, event: &DefineShards, out: &mut Outbox) -> Handled {
    if event.risk_shards > RISK_SHARDS as i64 {
        return Err(Trouble::Impossible(format!(
            "no order id has room for {} risk shards",
            event.risk_shards
        )));
    }
    let common = &mut partition.common;
    let new = common.risk_shards..event.risk_shards;
    common.risk_shards = event.risk_shards;
    for shard in new {
        let risk = common.risk_shard(shard);
        for (instrument_id, instrument) in &partition.instruments {
            let isolated = instrument.regime.isolated;
            let phase = if isolated {
                Phase::Halted
            } else {
                instrument.book.contents.phase
            };
            out.say(risk, &PhaseChanged { instrument_id, phase });
            if let Some(collar) = &instrument.regime.collar {
                let moved = CollarMoved {
                    instrument_id,
                    per_mille: collar.per_mille,
                    reference_ticks: collar.told_ticks,
                };
                out.say(risk, &moved);
            }
        }
    }
    Ok(())
}

pub fn shard_retired(partition: &mut BookPartition, event: &ShardRetired, _: &mut Outbox) -> Handled {
    partition.common.retired.insert(event.risk_shard);
    Ok(())
}

/// It has no slots: no leg would go there; nor does what is said to all of them.
pub fn settlement_retired(
    partition: &mut BookPartition,
    event: &SettlementRetired,
    _: &mut Outbox,
) -> Handled {
    partition.common.behaviour.ended.insert(event.settlement_shard);
    Ok(())
}
