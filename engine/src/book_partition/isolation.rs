//! What of a book partition can halt by itself: an instrument. What that means: see the reference.

use crate::machine::domain::Domain;
use crate::machine::streams::Outbox;
use crate::wire::messages::Event;
use crate::wire::vocabulary::{Phase, Reason};

use super::auctions::tell_phase;
use super::commands::{Refusal, refuse_amendment, refuse_entry, refuse_removal};
use super::decisions::{self, decision};
use super::linked::{legs_of_bracket, legs_of_pair, refuse_all};
use super::machine::BookMachine;
use super::model::{BookPartition, TradedInstrument};
use super::quotes::refuse_quotes;
use super::reversal::refuse_reversal;

const PREFIX: &str = "instrument ";

pub fn subject(partition: &BookPartition, message: &Event<'_>) -> String {
    match instrument_id(message) {
        Some(instrument_id) if partition.instruments.contains_key(instrument_id) => {
            format!("{PREFIX}{instrument_id}")
        }
        _ => String::new(),
    }
}

fn instrument_id<'a>(message: &Event<'a>) -> Option<&'a str> {
    match message {
        Event::EnterOrder(command) => Some(command.instrument_id),
        Event::EnterPair(command) => Some(command.limit.instrument_id),
        Event::EnterBracket(command) => Some(command.entry.instrument_id),
        Event::RemoveOrder(command) => Some(command.instrument_id),
        Event::AmendOrder(command) => Some(command.instrument_id),
        Event::SetQuotes(command) => Some(command.instrument_id),
        Event::ClearBook(command) => Some(command.instrument_id),
        Event::ReverseTrade(command) => Some(command.instrument_id),
        message => decision(message).map(|(instrument_id, _)| instrument_id),
    }
}

fn instrument<'p>(partition: &'p mut BookPartition, subject: &str) -> &'p mut TradedInstrument {
    let name = subject.strip_prefix(PREFIX).unwrap_or(subject);
    partition
        .instruments
        .get_mut(name)
        .expect("the subject is an instrument")
}

pub fn halt(partition: &mut BookPartition, subject: &str, out: &mut Outbox) {
    let halted = instrument(partition, subject);
    halted.regime.isolated = true;
    let instrument_id = halted.instrument_id.clone();
    tell_phase(&partition.common, &instrument_id, Phase::Halted, out);
}

pub fn resume(partition: &mut BookPartition, subject: &str, out: &mut Outbox) {
    let resumed = instrument(partition, subject);
    resumed.regime.isolated = false;
    let (instrument_id, phase) = (resumed.instrument_id.clone(), resumed.book.contents.phase);
    tell_phase(&partition.common, &instrument_id, phase, out);
}

pub fn refuse(partition: &BookPartition, message: &Event<'_>, out: &mut Outbox) -> bool {
    let (common, refusal) = (&partition.common, Refusal::plain(Reason::Quarantined));
    match message {
        Event::EnterOrder(command) => refuse_entry(common, command.order_id, refusal, out),
        Event::EnterPair(command) => refuse_all(common, &legs_of_pair(command), refusal, out),
        Event::EnterBracket(command) => refuse_all(common, &legs_of_bracket(command), refusal, out),
        Event::RemoveOrder(command) => refuse_removal(common, command.order_id, refusal.reason, out),
        Event::AmendOrder(command) => refuse_amendment(common, command, refusal, out),
        Event::SetQuotes(command) => refuse_quotes(common, command, refusal, out),
        Event::ReverseTrade(command) => refuse_reversal(common, command, refusal, out),
        Event::ClearBook(_) => return false,
        message => {
            decisions::put_aside(common, message, out);
            return false;
        }
    }
    true
}

/// All the same a ClearBook is obeyed, since risk has given its orders up and waits for the answer, and so are
/// operators' decisions: nothing else is put aside.
pub fn discard(machine: &mut BookMachine, message: &Event<'_>, out: &mut Outbox) {
    let handled = machine.handle(message, out);
    handled.expect("a book partition finds nothing impossible");
}
