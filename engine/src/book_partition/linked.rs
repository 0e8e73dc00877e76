//! Pairs and brackets: several orders that enter together, each with an answer of its own.

use crate::book::book::Book;
use crate::book::outcomes::{Outcome, Outcomes};
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{EnterBracket, EnterOrder, EnterPair};
use crate::wire::vocabulary::Reason;

use super::commands::{Refusal, book_order, entered, refuse_entry};
use super::model::{BookPartition, Common};
use super::outcomes::tell;

pub fn enter_pair(partition: &mut BookPartition, command: &EnterPair<'_>, out: &mut Outbox) -> Handled {
    let place = |book: &mut Book, outcomes: &mut Outcomes| {
        let [limit, stop] = [&command.limit, &command.stop].map(book_order);
        book.place_pair(limit, stop, outcomes);
    };
    enter(
        partition,
        command.limit.instrument_id,
        &legs_of_pair(command),
        place,
        out,
    )
}

pub fn enter_bracket(partition: &mut BookPartition, command: &EnterBracket<'_>, out: &mut Outbox) -> Handled {
    let place = |book: &mut Book, outcomes: &mut Outcomes| {
        let [entry, limit, stop] = [&command.entry, &command.limit, &command.stop].map(book_order);
        book.place_bracket(entry, limit, stop, outcomes);
    };
    let legs = legs_of_bracket(command);
    enter(partition, command.entry.instrument_id, &legs, place, out)
}

pub fn legs_of_pair<'a, 'b>(command: &'b EnterPair<'a>) -> [&'b EnterOrder<'a>; 2] {
    [&command.limit, &command.stop]
}

pub fn legs_of_bracket<'a, 'b>(command: &'b EnterBracket<'a>) -> [&'b EnterOrder<'a>; 3] {
    [&command.entry, &command.limit, &command.stop]
}

/// Each order has its own answer.
pub fn refuse_all(common: &Common, legs: &[&EnterOrder<'_>], refusal: Refusal, out: &mut Outbox) {
    for leg in legs {
        refuse_entry(common, leg.order_id, refusal, out);
    }
}

fn enter(
    partition: &mut BookPartition,
    instrument_id: &str,
    legs: &[&EnterOrder<'_>],
    place: impl FnOnce(&mut Book, &mut Outcomes),
    out: &mut Outbox,
) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let Some(instrument) = instruments.get_mut(instrument_id) else {
        refuse_all(common, legs, Refusal::plain(Reason::InstrumentUnknown), out);
        return Ok(());
    };
    outcomes.clear();
    place(&mut instrument.book, outcomes);
    if let Outcome::Rejected(refused) = outcomes[0] {
        let mut each = legs.iter();
        let leg = each.find(|leg| Some(leg.order_id) == refused.order_id);
        let leg = leg.expect("the book refuses for one of the orders");
        refuse_all(common, legs, Refusal::of(refused, leg.time_in_force), out);
        return Ok(());
    }
    let (accepted, caused) = outcomes.split_at(legs.len());
    for (leg, &outcome) in legs.iter().zip(accepted) {
        entered(common, instrument, outcome, leg, out);
    }
    tell(common, instrument, caused, out);
    Ok(())
}
