//! What operators decide about the trading of one instrument. Who waits for an answer has one.

use crate::book::bands::Bands;
use crate::book::outcomes::{Outcome, Outcomes};
use crate::book::terms::Phase;
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    ChangeMade, ChangePutAside, ChangeRefused, ClearTimetable, MarkPricePublished, SchedulePhase, SetBands,
    SetCircuitBreaker, SetMarkPrice, SetPhase, SetPriceCollar, SetReferencePrice,
};
use crate::wire::vocabulary::Reason;

use super::auctions::tell_bands;
use super::breaker::CircuitBreaker;
use super::collar_feed;
use super::model::{BookPartition, Market, TradedInstrument};
use super::outcomes::tell;
use super::phases::enter_and_tell;
use super::timetable::{DAY_MS, is_unschedulable};

pub const DECISIONS: &str = "decisions/0";

/// Why a change is not made, with what bounds it and what was asked for.
pub type Refusal = (Reason, i128, i128);

/// Declare the handler of a decision: `change` made of its instrument, and the answer.
macro_rules! answered {
    ($($handler:ident: $message:ident => $change:path;)+) => {$(
        pub fn $handler(partition: &mut BookPartition, event: &$message<'_>, out: &mut Outbox) -> Handled {
            let BookPartition { market, instruments } = partition;
            // Control sends none of an instrument that it has not defined here.
            if let Some(instrument) = instruments.get_mut(event.instrument_id) {
                let refusal = $change(market, instrument, event, out);
                answer(instrument, event.reference, refusal, out);
            }
            Ok(())
        }
    )+};
}

answered! {
    set_phase: SetPhase => change_phase;
    set_bands: SetBands => change_bands;
    set_reference_price: SetReferencePrice => change_reference_price;
    set_mark_price: SetMarkPrice => change_mark_price;
    set_price_collar: SetPriceCollar => collar_feed::set_price_collar;
    set_circuit_breaker: SetCircuitBreaker => change_circuit_breaker;
    schedule_phase: SchedulePhase => change_timetable;
    clear_timetable: ClearTimetable => empty_timetable;
}

fn answer(instrument: &TradedInstrument, reference: i64, refusal: Option<Refusal>, out: &mut Outbox) {
    if reference == 0 {
        return;
    }
    let instrument_id = &*instrument.instrument_id;
    match refusal {
        None => {
            let made = ChangeMade {
                instrument_id,
                reference,
                phase: instrument.book.contents.phase,
            };
            out.send(DECISIONS, &made);
        }
        Some((reason, bound, actual)) => {
            let refused = ChangeRefused {
                instrument_id,
                reference,
                reason,
                bound,
                actual,
            };
            out.send(DECISIONS, &refused);
        }
    }
}

fn change_phase(
    market: &Market,
    instrument: &mut TradedInstrument,
    event: &SetPhase<'_>,
    out: &mut Outbox,
) -> Option<Refusal> {
    if instrument.book.contents.phase == event.phase {
        instrument.regime.ends_at_tick = 0; // what would have ended by itself, lasts
    } else {
        enter_and_tell(market, instrument, event.phase, out);
    }
    None
}

fn change_bands(
    market: &Market,
    instrument: &mut TradedInstrument,
    event: &SetBands<'_>,
    out: &mut Outbox,
) -> Option<Refusal> {
    let none = event.static_ticks.is_none() && event.dynamic_ticks.is_none();
    let bands = (!none).then_some(Bands {
        static_ticks: event.static_ticks,
        dynamic_ticks: event.dynamic_ticks,
    });
    let refusal = book_bands(instrument, bands, None);
    if refusal.is_none() {
        instrument.regime.interruption_clock_ticks = event.interruption_clock_ticks;
        tell_bands(market, instrument, out);
    }
    refusal
}

fn change_reference_price(
    market: &Market,
    instrument: &mut TradedInstrument,
    event: &SetReferencePrice<'_>,
    out: &mut Outbox,
) -> Option<Refusal> {
    let bands = instrument.book.contents.bands;
    let refusal = book_bands(instrument, bands, Some(event.price_ticks));
    if refusal.is_none() {
        tell_bands(market, instrument, out);
    }
    refusal
}

fn book_bands(
    instrument: &mut TradedInstrument,
    bands: Option<Bands>,
    reference_ticks: Option<i64>,
) -> Option<Refusal> {
    let outcomes = instrument.command(|book, outcomes| book.set_bands(bands, reference_ticks, outcomes));
    let refusal = out_of_range(&outcomes);
    instrument.done(outcomes);
    refusal
}

fn change_mark_price(
    market: &Market,
    instrument: &mut TradedInstrument,
    event: &SetMarkPrice<'_>,
    out: &mut Outbox,
) -> Option<Refusal> {
    let outcomes = instrument.command(|book, outcomes| book.set_mark_price(event.price_ticks, outcomes));
    let refusal = out_of_range(&outcomes);
    if refusal.is_none() {
        let published = MarkPricePublished {
            instrument_id: &instrument.instrument_id,
            price_ticks: event.price_ticks,
        };
        out.send(&market.feed, &published);
        tell(market, instrument, &outcomes, out);
    }
    instrument.done(outcomes);
    refusal
}

/// The book takes no such price or width.
fn out_of_range(outcomes: &Outcomes) -> Option<Refusal> {
    let Some(Outcome::Rejected(refused)) = outcomes.first() else {
        return None;
    };
    let bound = i128::from(refused.bound);
    let reason = if refused.actual < bound {
        Reason::PriceLow
    } else {
        Reason::PriceHigh
    };
    Some((reason, bound, refused.actual))
}

fn change_circuit_breaker(
    _: &Market,
    instrument: &mut TradedInstrument,
    event: &SetCircuitBreaker<'_>,
    _: &mut Outbox,
) -> Option<Refusal> {
    let phase = event.phase;
    if phase != Phase::Halted && !phase.is_call() {
        return Some((Reason::PhaseUnsuitable, 0, phase.number().into()));
    }
    let (window, pause) = (event.window_clock_ticks, event.pause_clock_ticks);
    let breaker = CircuitBreaker::new(event.move_ticks, window, pause, phase);
    instrument.regime.breaker = (event.move_ticks != 0).then_some(breaker);
    None
}

fn change_timetable(
    market: &Market,
    instrument: &mut TradedInstrument,
    event: &SchedulePhase<'_>,
    _: &mut Outbox,
) -> Option<Refusal> {
    if is_unschedulable(event.phase) {
        return Some((Reason::PhaseUnsuitable, 0, event.phase.number().into()));
    }
    if event.time_of_day_ms >= DAY_MS {
        return Some((Reason::TimeOfDay, DAY_MS.into(), event.time_of_day_ms.into()));
    }
    let regime = &mut instrument.regime;
    if event.at_once {
        regime.time_ms = 0;
    } else if regime.timetable.is_empty() {
        regime.time_ms = market.time_ms; // what was due before there was a timetable stays undone
    }
    regime.timetable.insert(event.time_of_day_ms, event.phase);
    None
}

fn empty_timetable(
    _: &Market,
    instrument: &mut TradedInstrument,
    _: &ClearTimetable<'_>,
    _: &mut Outbox,
) -> Option<Refusal> {
    instrument.regime.timetable.clear();
    None
}

/// Its instrument is halted by quarantine: it is carried out when that is over.
pub fn put_aside(instrument_id: &str, reference: i64, out: &mut Outbox) {
    if reference != 0 {
        let told = ChangePutAside {
            instrument_id,
            reference,
        };
        out.send(DECISIONS, &told);
    }
}
