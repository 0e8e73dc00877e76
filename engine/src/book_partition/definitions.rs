//! What control tells a book partition: the genesis, time.

use crate::book::book_rules::BookRules;
use crate::book::outcomes::Outcomes;
use crate::book::pro_rata::ProRata;
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    BehaviourLeft, DefineInstrument, PhasePublished, SetBehaviour, SetOrderRules, SetSlots, TakeBehaviour,
    Tick,
};
use crate::wire::vocabulary::Phase;

use super::collar_feed::follow_market;
use super::model::{BookPartition, TradedInstrument};
use super::outcomes::tell;
use super::phases::time_passes;

pub fn set_behaviour(partition: &mut BookPartition, event: &SetBehaviour, _: &mut Outbox) -> Handled {
    partition.common.behaviour.set(event.version)
}

pub fn take_behaviour(partition: &mut BookPartition, event: &TakeBehaviour, out: &mut Outbox) -> Handled {
    partition.common.behaviour.take(event, out)
}

pub fn leave_behaviour(
    partition: &mut BookPartition,
    event: &BehaviourLeft<'_>,
    out: &mut Outbox,
) -> Handled {
    partition.common.behaviour.leave(event, out)
}

pub fn set_slots(partition: &mut BookPartition, event: &SetSlots, _: &mut Outbox) -> Handled {
    let settlement = format!("settlement/{}", event.settlement_shard);
    for slot in event.first_slot..=event.last_slot {
        partition.common.settlement.set(slot as usize, &settlement);
    }
    Ok(())
}

pub fn define_instrument(
    partition: &mut BookPartition,
    event: &DefineInstrument<'_>,
    out: &mut Outbox,
) -> Handled {
    if event.book != partition.common.partition || partition.instruments.contains_key(event.instrument_id) {
        return Ok(()); // of another book; a changed definition reaches the book when a machine needs it
    }
    let minimum_lots = event.pro_rata_minimum_lots;
    let mut instrument = TradedInstrument::new(
        event.instrument_id,
        event.lot_units,
        event.tick_lot_units,
        (event.price_min_ticks, event.price_max_ticks),
        (minimum_lots != 0).then_some(ProRata {
            top_order: event.top_order,
            minimum_lots,
        }),
    );
    if event.phase != Phase::Continuous {
        instrument.book.set_phase(event.phase, &mut Outcomes::new());
    }
    partition
        .instruments
        .insert(event.instrument_id.into(), instrument);
    let published = PhasePublished {
        instrument_id: event.instrument_id,
        phase: event.phase,
    };
    out.say(&partition.common.market_data, &published);
    Ok(())
}

pub fn set_order_rules(partition: &mut BookPartition, event: &SetOrderRules<'_>, _: &mut Outbox) -> Handled {
    if let Some(instrument) = partition.instruments.get_mut(event.instrument_id) {
        instrument.book.contents.rules = BookRules {
            least_display_lots: event.least_display_lots,
            early_auction_orders: event.early_auction_orders,
        };
    }
    Ok(())
}

/// Move every book's time, too: gtd orders end by it.
pub fn tick(partition: &mut BookPartition, event: &Tick, out: &mut Outbox) -> Handled {
    (partition.common.tick, partition.common.time_ms) = (event.number, event.time_ms);
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    for instrument in instruments.values_mut() {
        if !instrument.regime.isolated {
            outcomes.clear();
            instrument.book.tick(event.time_ms, outcomes);
            tell(common, instrument, outcomes, out);
        }
    }
    time_passes(partition, out);
    for instrument in partition.instruments.values_mut() {
        if !instrument.regime.isolated {
            follow_market(&partition.common, instrument, true, out);
        }
    }
    Ok(())
}
