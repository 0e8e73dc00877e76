//! What operators decide about the trading of one instrument. Who waits for an answer has one.

use crate::book::bands::Bands;
use crate::book::outcomes::{Outcome, Outcomes, Rejected};
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    ChangeMade, ChangePutAside, ChangeRefused, ClearTimetable, Event, MarkPricePublished, RetireInstrument,
    SchedulePhase, SetBands, SetCircuitBreaker, SetMarkPrice, SetPhase, SetPriceCollar, SetReferencePrice,
};
use crate::wire::vocabulary::{Phase, Reason};

use super::auctions::tell_bands;
use super::breaker::CircuitBreaker;
use super::collar_feed;
use super::commands::Refusal;
use super::model::{BookPartition, Common, TradedInstrument};
use super::outcomes::tell;
use super::phases::enter;
use super::timetable::{DAY_MS, is_schedulable};

/// What a change may do, and say.
struct Making<'m> {
    common: &'m Common,
    instrument: &'m mut TradedInstrument,
    outcomes: &'m mut Outcomes,
    out: &'m mut Outbox,
}

type Made = Result<(), Refusal>;

/// Make a change to an instrument, and answer who waits for it.
fn answered(
    partition: &mut BookPartition,
    (instrument_id, reference): (&str, i64),
    out: &mut Outbox,
    change: impl FnOnce(&mut Making<'_>) -> Made,
) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let Some(instrument) = instruments.get_mut(instrument_id) else {
        return Ok(()); // control sends none of an instrument that it has not defined here
    };
    outcomes.clear();
    let made = if instrument.book.contents.phase == Phase::Retired {
        Err(Refusal::plain(Reason::InstrumentRetired))
    } else {
        change(&mut Making {
            common,
            instrument,
            outcomes,
            out,
        })
    };
    if reference == 0 {
        return Ok(());
    }
    match made {
        Ok(()) => {
            let phase = instrument.book.contents.phase;
            let made = ChangeMade {
                instrument_id,
                reference,
                phase,
            };
            out.say(&common.decisions, &made);
        }
        Err(Refusal {
            reason,
            bound,
            actual,
        }) => {
            let refused = ChangeRefused {
                instrument_id,
                reference,
                reason,
                bound,
                actual,
            };
            out.say(&common.decisions, &refused);
        }
    }
    Ok(())
}

pub fn set_phase(partition: &mut BookPartition, event: &SetPhase<'_>, out: &mut Outbox) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        if event.phase == Phase::Retired {
            return Err(unsuitable(event.phase)); // no phase among others: RetireInstrument
        }
        if making.instrument.book.contents.phase == event.phase {
            making.instrument.regime.ends_at_tick = 0; // what would have ended by itself, lasts
        } else {
            enter(&mut making.instrument.book, event.phase, making.outcomes);
            tell(making.common, making.instrument, making.outcomes, making.out);
        }
        Ok(())
    })
}

pub fn set_bands(partition: &mut BookPartition, event: &SetBands<'_>, out: &mut Outbox) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        let (static_ticks, dynamic_ticks) = (event.static_ticks, event.dynamic_ticks);
        let bands = (static_ticks.is_some() || dynamic_ticks.is_some()).then_some(Bands {
            static_ticks,
            dynamic_ticks,
        });
        making.instrument.book.set_bands(bands, None, making.outcomes);
        out_of_range(making.outcomes)?;
        making.instrument.regime.interruption_clock_ticks = event.interruption_clock_ticks;
        tell_bands(making.common, making.instrument, making.out);
        Ok(())
    })
}

pub fn set_reference_price(
    partition: &mut BookPartition,
    event: &SetReferencePrice<'_>,
    out: &mut Outbox,
) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        let book = &mut making.instrument.book;
        book.set_bands(book.contents.bands, Some(event.price_ticks), making.outcomes);
        out_of_range(making.outcomes)?;
        tell_bands(making.common, making.instrument, making.out);
        Ok(())
    })
}

pub fn set_mark_price(partition: &mut BookPartition, event: &SetMarkPrice<'_>, out: &mut Outbox) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        making
            .instrument
            .book
            .set_mark_price(event.price_ticks, making.outcomes);
        out_of_range(making.outcomes)?;
        let published = MarkPricePublished {
            instrument_id: event.instrument_id,
            price_ticks: event.price_ticks,
        };
        making.out.say(&making.common.market_data, &published);
        tell(making.common, making.instrument, making.outcomes, making.out);
        Ok(())
    })
}

pub fn set_price_collar(
    partition: &mut BookPartition,
    event: &SetPriceCollar<'_>,
    out: &mut Outbox,
) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        collar_feed::set_price_collar(making.common, making.instrument, event, making.out);
        Ok(())
    })
}

pub fn set_circuit_breaker(
    partition: &mut BookPartition,
    event: &SetCircuitBreaker<'_>,
    out: &mut Outbox,
) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        if event.phase != Phase::Halted && !event.phase.is_call() {
            return Err(unsuitable(event.phase));
        }
        making.instrument.regime.breaker = (event.move_ticks != 0).then(|| {
            CircuitBreaker::new(
                event.move_ticks,
                event.window_clock_ticks,
                event.pause_clock_ticks,
                event.phase,
            )
        });
        Ok(())
    })
}

pub fn schedule_phase(partition: &mut BookPartition, event: &SchedulePhase<'_>, out: &mut Outbox) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        if !is_schedulable(event.phase) {
            return Err(unsuitable(event.phase));
        }
        if event.time_of_day_ms >= DAY_MS {
            return Err(Refusal::new(Reason::TimeOfDay, DAY_MS, event.time_of_day_ms));
        }
        let regime = &mut making.instrument.regime;
        if event.at_once {
            regime.time_ms = 0;
        } else if regime.timetable.is_empty() {
            // What was due before there was a timetable stays undone.
            regime.time_ms = making.common.time_ms;
        }
        regime.timetable.insert(event.time_of_day_ms, event.phase);
        Ok(())
    })
}

pub fn clear_timetable(
    partition: &mut BookPartition,
    event: &ClearTimetable<'_>,
    out: &mut Outbox,
) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        making.instrument.regime.timetable.clear();
        Ok(())
    })
}

/// Orders that risk has sent before it hears of this find the book retired, and are refused by it.
pub fn retire_instrument(
    partition: &mut BookPartition,
    event: &RetireInstrument<'_>,
    out: &mut Outbox,
) -> Handled {
    answered(partition, (event.instrument_id, event.reference), out, |making| {
        let phase = making.instrument.book.contents.phase;
        if phase != Phase::Halted {
            let halted = Phase::Halted.number();
            return Err(Refusal::new(Reason::PhaseNeeded, halted, phase.number()));
        }
        let orders = making.instrument.orders().count();
        if orders > 0 {
            return Err(Refusal::new(Reason::OrdersOpen, 0, orders as i64));
        }
        making.instrument.regime.timetable.clear();
        making.instrument.book.set_phase(Phase::Retired, making.outcomes);
        tell(making.common, making.instrument, making.outcomes, making.out);
        Ok(())
    })
}

fn unsuitable(phase: Phase) -> Refusal {
    Refusal::new(Reason::PhaseUnsuitable, 0, phase.number())
}

/// Refuse where the book takes no such price or width.
fn out_of_range(outcomes: &[Outcome]) -> Made {
    match outcomes.first() {
        Some(&Outcome::Rejected(Rejected { bound, actual, .. })) => {
            let is_low = actual < bound.into();
            let reason = if is_low {
                Reason::PriceLow
            } else {
                Reason::PriceHigh
            };
            Err(Refusal::new(reason, bound, actual))
        }
        _ => Ok(()),
    }
}

/// Its instrument is halted by quarantine: it is carried out when that is over.
pub fn put_aside(common: &Common, message: &Event<'_>, out: &mut Outbox) {
    if let Some((instrument_id, reference @ 1..)) = decision(message) {
        let aside = ChangePutAside {
            instrument_id,
            reference,
        };
        out.say(&common.decisions, &aside);
    }
}

/// The instrument and the reference of a decision; None: it is another message.
pub fn decision<'a>(message: &Event<'a>) -> Option<(&'a str, i64)> {
    match message {
        Event::SetPhase(event) => Some((event.instrument_id, event.reference)),
        Event::SetBands(event) => Some((event.instrument_id, event.reference)),
        Event::SetReferencePrice(event) => Some((event.instrument_id, event.reference)),
        Event::SetMarkPrice(event) => Some((event.instrument_id, event.reference)),
        Event::SetPriceCollar(event) => Some((event.instrument_id, event.reference)),
        Event::SetCircuitBreaker(event) => Some((event.instrument_id, event.reference)),
        Event::SchedulePhase(event) => Some((event.instrument_id, event.reference)),
        Event::ClearTimetable(event) => Some((event.instrument_id, event.reference)),
        Event::RetireInstrument(event) => Some((event.instrument_id, event.reference)),
        _ => None,
    }
}
