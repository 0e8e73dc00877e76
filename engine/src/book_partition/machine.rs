//! Which message goes where in a book partition.

use crate::machine::domain::{Domain, Handled, handlers};
use crate::machine::streams::Outbox;
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::{Event, ReleaseQuarantine};

use super::ahead::look_ahead;
use super::commands::{amend_order, clear_book, enter_order, remove_order};
use super::decisions::{
    clear_timetable, retire_instrument, schedule_phase, set_bands, set_circuit_breaker, set_mark_price,
    set_phase, set_price_collar, set_reference_price,
};
use super::definitions::{
    define_instrument, leave_behaviour, set_behaviour, set_order_rules, set_slots, take_behaviour, tick,
};
use super::isolation;
use super::linked::{enter_bracket, enter_pair};
use super::model::BookPartition;
use super::moving::{settle_elsewhere, slots_leaving};
use super::quotes::set_quotes;
use super::reversal::reverse_trade;
use super::shards::{define_shards, settlement_retired, shard_retired};
use super::state;

/// The machine of one book partition.
pub struct BookMachine {
    partition: BookPartition,
}

impl BookMachine {
    pub fn new(partition: i64) -> Self {
        Self {
            partition: BookPartition::new(partition),
        }
    }
}

impl Domain for BookMachine {
    handlers! { partition:
        EnterOrder => enter_order,
        EnterPair => enter_pair,
        EnterBracket => enter_bracket,
        RemoveOrder => remove_order,
        AmendOrder => amend_order,
        ClearBook => clear_book,
        SetQuotes => set_quotes,
        ReverseTrade => reverse_trade,
        SlotsLeaving => slots_leaving,
        SettleElsewhere => settle_elsewhere,
        Tick => tick,
        SetBehaviour => set_behaviour,
        TakeBehaviour => take_behaviour,
        BehaviourLeft => leave_behaviour,
        DefineShards => define_shards,
        ShardRetired => shard_retired,
        SettlementRetired => settlement_retired,
        SetSlots => set_slots,
        DefineInstrument => define_instrument,
        SetOrderRules => set_order_rules,
        SetPhase => set_phase,
        SetBands => set_bands,
        SetReferencePrice => set_reference_price,
        SetMarkPrice => set_mark_price,
        SetPriceCollar => set_price_collar,
        SetCircuitBreaker => set_circuit_breaker,
        SchedulePhase => schedule_phase,
        ClearTimetable => clear_timetable,
        RetireInstrument => retire_instrument,
        ReleaseQuarantine => nothing_to_release,
    }

    fn look_ahead(&self, events: &[&[u8]]) {
        look_ahead(&self.partition, events);
    }

    fn tick(&self) -> i64 {
        self.partition.common.tick
    }

    fn write(&self, to: &mut Writer) {
        state::save(&self.partition, to);
    }

    fn freeze(&mut self) -> Box<dyn Domain> {
        Box::new(Self {
            partition: self.partition.freeze(),
        })
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Read<()> {
        self.partition = state::load(self.partition.common.partition, from)?;
        Ok(())
    }

    fn subject(&self, message: &Event<'_>) -> String {
        isolation::subject(&self.partition, message)
    }

    fn halt(&mut self, subject: &str, out: &mut Outbox) {
        isolation::halt(&mut self.partition, subject, out);
    }

    fn resume(&mut self, subject: &str, out: &mut Outbox) {
        isolation::resume(&mut self.partition, subject, out);
    }

    fn refuse(&mut self, message: &Event<'_>, out: &mut Outbox) -> bool {
        isolation::refuse(&self.partition, message, out)
    }

    fn discard(&mut self, message: &Event<'_>, out: &mut Outbox) {
        isolation::discard(self, message, out);
    }
}

/// What handles a release while nothing of a machine is halted; else `machine::aside` does.
fn nothing_to_release(_: &mut BookPartition, _: &ReleaseQuarantine<'_>, _: &mut Outbox) -> Handled {
    Ok(())
}
