//! Phases that come: by an operator, by the timetable, by the end of a pause.

use crate::book::book::Book;
use crate::book::outcomes::Outcomes;
use crate::machine::streams::Outbox;
use crate::wire::vocabulary::Phase;

use super::model::{BookPartition, Common, TradedInstrument};
use super::outcomes::tell;
use super::timetable::due;

/// Change the book's phase; where `phase` is what a call ends in, by its uncross.
pub fn enter(book: &mut Book, phase: Phase, outcomes: &mut Outcomes) {
    outcomes.clear();
    let now = book.contents.phase;
    if now.is_call() && phase == after(now) {
        book.uncross(outcomes);
    } else {
        book.set_phase(phase, outcomes);
    }
}

/// What a pause or a call in this phase ends in.
fn after(phase: Phase) -> Phase {
    if phase == Phase::ClosingAuction {
        Phase::Closed
    } else {
        Phase::Continuous
    }
}

/// Let the phases come whose time has come by the tick that the partition has just heard.
///
/// An instrument that is isolated makes up for it when it is released.
pub fn time_passes(partition: &mut BookPartition, out: &mut Outbox) {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    for instrument in instruments.values_mut() {
        if !instrument.regime.isolated {
            end_pause(common, instrument, outcomes, out);
            if !instrument.regime.timetable.is_empty() {
                follow_timetable(common, instrument, outcomes, out);
            }
        }
    }
}

fn end_pause(common: &Common, instrument: &mut TradedInstrument, outcomes: &mut Outcomes, out: &mut Outbox) {
    let ends_at_tick = instrument.regime.ends_at_tick;
    if ends_at_tick > 0 && ends_at_tick <= common.tick {
        let phase = after(instrument.book.contents.phase);
        enter(&mut instrument.book, phase, outcomes);
        tell(common, instrument, outcomes, out);
    }
}

/// A halt without an end is somebody's decision: the timetable does not open the instrument.
fn follow_timetable(
    common: &Common,
    instrument: &mut TradedInstrument,
    outcomes: &mut Outcomes,
    out: &mut Outbox,
) {
    let before_ms = std::mem::replace(&mut instrument.regime.time_ms, common.time_ms);
    for phase in due(&instrument.regime.timetable, before_ms, common.time_ms) {
        let now = instrument.book.contents.phase;
        let held = now == Phase::Halted && instrument.regime.ends_at_tick == 0;
        if !held && now != phase {
            enter(&mut instrument.book, phase, outcomes);
            tell(common, instrument, outcomes, out);
        }
    }
}
