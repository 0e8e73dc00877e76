//! Phases that come: by an operator, by the timetable, by the end of a pause.

use crate::book::book::Book;
use crate::book::outcomes::Outcomes;
use crate::book::terms::Phase;
use crate::machine::streams::Outbox;

use super::model::{BookPartition, Market, TradedInstrument};
use super::outcomes::tell;
use super::timetable::due;

/// Change the book's phase; where `phase` is what a call ends in, by its uncross.
pub fn enter(book: &mut Book, phase: Phase, outcomes: &mut Outcomes) {
    let before = book.contents.phase;
    if before.is_call() && phase == end_of(before) {
        book.uncross(outcomes);
    } else {
        book.set_phase(phase, outcomes);
    }
}

/// What a call ends in.
fn end_of(call: Phase) -> Phase {
    if call == Phase::ClosingAuction {
        Phase::Closed
    } else {
        Phase::Continuous
    }
}

pub fn enter_and_tell(market: &Market, instrument: &mut TradedInstrument, phase: Phase, out: &mut Outbox) {
    let outcomes = instrument.command(|book, outcomes| enter(book, phase, outcomes));
    tell(market, instrument, &outcomes, out);
    instrument.done(outcomes);
}

/// Let the phases come whose time has come by the tick that the partition has just heard.
///
/// An instrument that is isolated makes up for it when it is released.
pub fn time_passes(partition: &mut BookPartition, out: &mut Outbox) {
    let BookPartition { market, instruments } = partition;
    for instrument in instruments.values_mut() {
        if !instrument.regime.isolated {
            end_pause(market, instrument, out);
            if !instrument.regime.timetable.is_empty() {
                follow_timetable(market, instrument, out);
            }
        }
    }
}

fn end_pause(market: &Market, instrument: &mut TradedInstrument, out: &mut Outbox) {
    if (1..=market.tick).contains(&instrument.regime.ends_at_tick) {
        let phase = end_of(instrument.book.contents.phase);
        enter_and_tell(market, instrument, phase, out);
    }
}

/// A halt without an end is somebody's decision: the timetable does not open the instrument.
fn follow_timetable(market: &Market, instrument: &mut TradedInstrument, out: &mut Outbox) {
    let before_ms = std::mem::replace(&mut instrument.regime.time_ms, market.time_ms);
    for phase in due(&instrument.regime.timetable, before_ms, market.time_ms) {
        let current = instrument.book.contents.phase;
        let held = current == Phase::Halted && instrument.regime.ends_at_tick == 0;
        if !held && current != phase {
            enter_and_tell(market, instrument, phase, out);
        }
    }
}
