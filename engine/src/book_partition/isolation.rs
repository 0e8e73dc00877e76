//! What of a book partition can halt by itself: an instrument. What happens to each message then is said by the
//! reference's module.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::Event;
use crate::wire::vocabulary::{Phase, Reason};

use super::auctions::tell_phase;
use super::commands::{clear_book, refuse_amendment, refuse_entry, refuse_removal};
use super::decisions;
use super::linked::refuse_all;
use super::model::BookPartition;
use super::quotes::refuse_quotes;
use super::reversal::refuse_reversal;

const PREFIX: &str = "instrument ";

/// The instrument that a message is about; None: it is about more than one.
fn instrument_id<'a>(message: &Event<'a>) -> Option<&'a str> {
    Some(match message {
        Event::EnterOrder(command) => command.instrument_id,
        Event::EnterPair(command) => command.limit.instrument_id,
        Event::EnterBracket(command) => command.entry.instrument_id,
        Event::RemoveOrder(command) => command.instrument_id,
        Event::AmendOrder(command) => command.instrument_id,
        Event::SetQuotes(command) => command.instrument_id,
        Event::ClearBook(command) => command.instrument_id,
        Event::ReverseTrade(command) => command.instrument_id,
        _ => return decided(message).map(|(instrument_id, _)| instrument_id),
    })
}

/// The instrument that an operator's decision is about, and its reference.
fn decided<'a>(message: &Event<'a>) -> Option<(&'a str, i64)> {
    Some(match message {
        Event::SetPhase(event) => (event.instrument_id, event.reference),
        Event::SetBands(event) => (event.instrument_id, event.reference),
        Event::SetReferencePrice(event) => (event.instrument_id, event.reference),
        Event::SetMarkPrice(event) => (event.instrument_id, event.reference),
        Event::SetPriceCollar(event) => (event.instrument_id, event.reference),
        Event::SetCircuitBreaker(event) => (event.instrument_id, event.reference),
        Event::SchedulePhase(event) => (event.instrument_id, event.reference),
        Event::ClearTimetable(event) => (event.instrument_id, event.reference),
        _ => return None,
    })
}

pub fn subject(partition: &BookPartition, message: &Event<'_>) -> String {
    let found = instrument_id(message).filter(|&id| partition.instruments.contains_key(id));
    found.map_or(String::new(), |id| format!("{PREFIX}{id}"))
}

pub fn isolate(partition: &mut BookPartition, subject: &str, isolated: bool, out: &mut Outbox) {
    let id = subject.strip_prefix(PREFIX).unwrap_or(subject);
    let instrument = partition
        .instruments
        .get_mut(id)
        .expect("an instrument that there is");
    instrument.regime.isolated = isolated;
    let phase = if isolated {
        Phase::Halted
    } else {
        instrument.book.contents.phase
    };
    tell_phase(&partition.market, &instrument.instrument_id, phase, out);
}

pub fn refuse(partition: &BookPartition, message: &Event<'_>, out: &mut Outbox) -> bool {
    let market = &partition.market;
    let why = Reason::Quarantined;
    match message {
        Event::EnterOrder(command) => refuse_entry(market, command.order_id, why, 0, 0, out),
        Event::EnterPair(command) => refuse_all(market, &[&command.limit, &command.stop], why, 0, 0, out),
        Event::EnterBracket(command) => {
            let legs = [&command.entry, &command.limit, &command.stop];
            refuse_all(market, &legs, why, 0, 0, out);
        }
        Event::RemoveOrder(command) => refuse_removal(market, command.order_id, why, out),
        Event::AmendOrder(command) => refuse_amendment(market, command, why, 0, 0, out),
        Event::SetQuotes(command) => refuse_quotes(market, command, why, 0, 0, out),
        Event::ReverseTrade(command) => refuse_reversal(command, (why, 0, 0), out),
        Event::ClearBook(_) => return false,
        _ => {
            let (instrument_id, reference) = decided(message).expect("a decision about an instrument");
            decisions::put_aside(instrument_id, reference, out);
            return false;
        }
    }
    true
}

/// All the same a ClearBook is obeyed, since risk has given its orders up and waits for the answer, and so are
/// operators' decisions.
pub fn discard(partition: &mut BookPartition, message: &Event<'_>, out: &mut Outbox) -> Handled {
    match message {
        Event::ClearBook(command) => clear_book(partition, command, out),
        Event::SetPhase(event) => decisions::set_phase(partition, event, out),
        Event::SetBands(event) => decisions::set_bands(partition, event, out),
        Event::SetReferencePrice(event) => decisions::set_reference_price(partition, event, out),
        Event::SetMarkPrice(event) => decisions::set_mark_price(partition, event, out),
        Event::SetPriceCollar(event) => decisions::set_price_collar(partition, event, out),
        Event::SetCircuitBreaker(event) => decisions::set_circuit_breaker(partition, event, out),
        Event::SchedulePhase(event) => decisions::schedule_phase(partition, event, out),
        Event::ClearTimetable(event) => decisions::clear_timetable(partition, event, out),
        _ => unreachable!("no other message is put aside: {message:?}"),
    }
}
