//! Which message goes where in a book partition.

use crate::machine::domain::{Domain, Trouble, handlers};
use crate::machine::streams::Outbox;
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::Event;

use super::model::BookPartition;
use super::{commands, decisions, definitions, isolation, linked, quotes, reversal, state};

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
        EnterOrder => commands::enter_order,
        EnterPair => linked::enter_pair,
        EnterBracket => linked::enter_bracket,
        RemoveOrder => commands::remove_order,
        AmendOrder => commands::amend_order,
        ClearBook => commands::clear_book,
        SetQuotes => quotes::set_quotes,
        ReverseTrade => reversal::reverse_trade,
        Tick => definitions::tick,
        SetBehaviour => definitions::set_behaviour,
        DefineShards => definitions::define_shards,
        SetSlots => definitions::set_slots,
        DefineInstrument => definitions::define_instrument,
        SetOrderRules => definitions::set_order_rules,
        SetPhase => decisions::set_phase,
        SetBands => decisions::set_bands,
        SetReferencePrice => decisions::set_reference_price,
        SetMarkPrice => decisions::set_mark_price,
        SetPriceCollar => decisions::set_price_collar,
        SetCircuitBreaker => decisions::set_circuit_breaker,
        SchedulePhase => decisions::schedule_phase,
        ClearTimetable => decisions::clear_timetable,
        ReleaseQuarantine => definitions::nothing_to_release,
    }

    fn tick(&self) -> i64 {
        self.partition.market.tick
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
        state::load(&mut self.partition, from)
    }

    fn subject(&self, message: &Event<'_>) -> String {
        isolation::subject(&self.partition, message)
    }

    fn halt(&mut self, subject: &str, out: &mut Outbox) {
        isolation::isolate(&mut self.partition, subject, true, out);
    }

    fn resume(&mut self, subject: &str, out: &mut Outbox) {
        isolation::isolate(&mut self.partition, subject, false, out);
    }

    fn refuse(&mut self, message: &Event<'_>, out: &mut Outbox) -> bool {
        isolation::refuse(&self.partition, message, out)
    }

    fn discard(&mut self, message: &Event<'_>, out: &mut Outbox) {
        if let Err(Trouble::Impossible(text) | Trouble::Raised(text)) =
            isolation::discard(&mut self.partition, message, out)
        {
            panic!("{text}");
        }
    }
}
