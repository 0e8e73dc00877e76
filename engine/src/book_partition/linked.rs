//! Pairs and brackets: several orders that enter together, each with an answer of its own.

use crate::book::outcomes::{Outcome, Outcomes};
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{EnterBracket, EnterOrder, EnterPair};
use crate::wire::vocabulary::Reason;

use super::commands::{accept, book_order, reason, refuse_entry};
use super::model::{BookPartition, Market, TradedInstrument};
use super::outcomes::tell;

pub fn enter_pair(partition: &mut BookPartition, command: &EnterPair<'_>, out: &mut Outbox) -> Handled {
    let legs = [&command.limit, &command.stop];
    let BookPartition { market, instruments } = partition;
    let Some(instrument) = instruments.get_mut(command.limit.instrument_id) else {
        refuse_all(market, &legs, Reason::InstrumentUnknown, 0, 0, out);
        return Ok(());
    };
    let [limit, stop] = legs.map(book_order);
    let outcomes = instrument.command(|book, outcomes| book.place_pair(limit, stop, outcomes));
    answer(market, instrument, &legs, outcomes, out);
    Ok(())
}

pub fn enter_bracket(partition: &mut BookPartition, command: &EnterBracket<'_>, out: &mut Outbox) -> Handled {
    let legs = [&command.entry, &command.limit, &command.stop];
    let BookPartition { market, instruments } = partition;
    let Some(instrument) = instruments.get_mut(command.entry.instrument_id) else {
        refuse_all(market, &legs, Reason::InstrumentUnknown, 0, 0, out);
        return Ok(());
    };
    let [entry, limit, stop] = legs.map(book_order);
    let outcomes = instrument.command(|book, outcomes| book.place_bracket(entry, limit, stop, outcomes));
    answer(market, instrument, &legs, outcomes, out);
    Ok(())
}

/// Each order has its own answer.
pub fn refuse_all(
    market: &Market,
    legs: &[&EnterOrder<'_>],
    why: Reason,
    bound: i128,
    actual: i128,
    out: &mut Outbox,
) {
    for leg in legs {
        refuse_entry(market, leg.order_id, why, bound, actual, out);
    }
}

fn answer(
    market: &Market,
    instrument: &mut TradedInstrument,
    legs: &[&EnterOrder<'_>],
    outcomes: Outcomes,
    out: &mut Outbox,
) {
    if let Some(Outcome::Rejected(first)) = outcomes.first() {
        let refused = legs.iter().find(|leg| Some(leg.order_id) == first.order_id);
        let time_in_force = refused.expect("one of its orders was refused").time_in_force;
        let why = reason(first, time_in_force);
        refuse_all(market, legs, why, first.bound.into(), first.actual, out);
    } else {
        for (leg, &accepted) in legs.iter().zip(&outcomes) {
            accept(market, instrument, accepted, leg, out);
        }
        tell(market, instrument, &outcomes[legs.len()..], out);
    }
    instrument.done(outcomes);
}
