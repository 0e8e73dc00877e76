//! SetQuotes: the quotes of a mass quote reach their book together, and each has the answer of its own kind.
//!
//! Before any of them trades all are answered; those withdrawn by their end, after the others.

use std::collections::BTreeSet;

use crate::book::contents::Contents;
use crate::book::order::Order;
use crate::book::orders::Handle;
use crate::book::outcomes::{CancelReason, Outcome};
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{AmendmentRefused, OrderAmended, OrderEntered, QuoteToSet, SetQuotes};
use crate::wire::vocabulary::Reason;

use super::commands::{plain_reason, refuse_entry, refuse_removal};
use super::model::{BookPartition, Market, Ticket, TradedInstrument};
use super::outcomes::tell;

pub fn set_quotes(partition: &mut BookPartition, command: &SetQuotes<'_>, out: &mut Outbox) -> Handled {
    let BookPartition { market, instruments } = partition;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        refuse_quotes(market, command, Reason::InstrumentUnknown, 0, 0, out);
        return Ok(());
    };
    let book = &instrument.book.contents;
    let mut here = Vec::with_capacity(command.quotes.len());
    for quote in &command.quotes {
        if quote.is_new || book.find(quote.order_id).is_some() {
            here.push(quote);
        } else {
            refuse(market, quote, Reason::OrderUnknown, 0, 0, out);
        }
    }
    let named = here.iter().filter(|quote| quote.quantity_lots != 0);
    let done: BTreeSet<i64> = named
        .filter(|quote| open_lots(book, quote) == 0)
        .map(|quote| quote.order_id)
        .collect();
    let quotes: Vec<Order> = here.iter().map(|quote| book_order(book, quote)).collect();
    let meant = owned_by(instrument, command, &here);
    let mut outcomes = instrument.command(|book, outcomes| {
        book.mass_quote(quotes, &|order| meant.contains(&order.order_id), outcomes);
    });
    if let Some(Outcome::Rejected(first)) = outcomes.first() {
        for quote in here {
            let reason = plain_reason(first.reason);
            refuse(market, quote, reason, first.bound.into(), first.actual, out);
        }
    } else {
        for outcome in &mut outcomes {
            note_done(instrument, &done, outcome);
        }
        answer(market, instrument, command, &here, &outcomes, out);
        tell(market, instrument, &outcomes, out);
    }
    instrument.done(outcomes);
    Ok(())
}

pub fn refuse_quotes(
    market: &Market,
    command: &SetQuotes<'_>,
    reason: Reason,
    bound: i128,
    actual: i128,
    out: &mut Outbox,
) {
    for quote in &command.quotes {
        refuse(market, quote, reason, bound, actual, out);
    }
}

fn refuse(market: &Market, quote: &QuoteToSet, reason: Reason, bound: i128, actual: i128, out: &mut Outbox) {
    let order_id = quote.order_id;
    if quote.is_new {
        refuse_entry(market, order_id, reason, bound, actual, out);
    } else if quote.quantity_lots != 0 {
        let refused = AmendmentRefused {
            order_id,
            price_ticks: quote.price_ticks,
            quantity_lots: quote.quantity_lots,
            reason,
            bound,
            actual,
        };
        out.send(market.risk_partition(order_id), &refused);
    } else {
        refuse_removal(market, order_id, reason, out);
    }
}

/// What is to be open: of the total, as a replace's, what has not been executed; 0 if all has been.
fn open_lots(book: &Contents, quote: &QuoteToSet) -> i64 {
    let executed_lots = book
        .find(quote.order_id)
        .map_or(0, |order| book.orders[order].executed_lots);
    (quote.quantity_lots - executed_lots).max(0)
}

/// As `Book::mass_quote` takes it: a new order, or what a live one is to become.
fn book_order(book: &Contents, quote: &QuoteToSet) -> Order {
    Order::new(
        quote.order_id,
        quote.side,
        quote.price_ticks,
        open_lots(book, quote),
    )
}

/// Those of the quotes that are live and of the command's account and group.
fn owned_by(
    instrument: &mut TradedInstrument,
    command: &SetQuotes<'_>,
    here: &[&QuoteToSet],
) -> BTreeSet<i64> {
    let account = instrument.names.name(command.account_id);
    let is_owned = |order: Handle| {
        let ticket = &instrument.tickets[order.place()];
        ticket.account == account && *ticket.quote_group == *command.quote_group
    };
    let ids = here.iter().map(|quote| quote.order_id);
    ids.filter(|&order_id| instrument.book.contents.find(order_id).is_some_and(is_owned))
        .collect()
}

/// One whose total was executed already was not withdrawn, but replaced to done.
fn note_done(instrument: &TradedInstrument, done: &BTreeSet<i64>, outcome: &mut Outcome) {
    if let Outcome::Canceled { order, reason, .. } = outcome {
        if done.contains(&instrument.order_id(*order)) {
            *reason = CancelReason::ReplacedToDone;
        }
    }
}

/// Each that is not withdrawn; the fees of those changed are stamped again.
fn answer(
    market: &Market,
    instrument: &mut TradedInstrument,
    command: &SetQuotes<'_>,
    quotes: &[&QuoteToSet],
    outcomes: &[Outcome],
    out: &mut Outbox,
) {
    let (maker, taker) = (command.maker_fee_rate, command.taker_fee_rate);
    for outcome in outcomes {
        let (order, leaves_lots) = match *outcome {
            Outcome::Accepted { order } => {
                let account = instrument.names.name(command.account_id);
                let ticket = Ticket::new(account, command.slot, maker, taker, command.quote_group);
                instrument.set_ticket(order, ticket);
                let order_id = instrument.order_id(order);
                out.send(market.risk_partition(order_id), &OrderEntered { order_id });
                continue;
            }
            Outcome::Replaced {
                order, quantity_lots, ..
            } => (order, quantity_lots),
            Outcome::Canceled {
                order,
                reason: CancelReason::ReplacedToDone,
                ..
            } => (order, 0),
            _ => continue,
        };
        instrument.ticket(order).stamp(maker, taker);
        let order_id = instrument.order_id(order);
        // Of two with one id the last counts, as in a map by id.
        let quote = quotes.iter().rev().find(|quote| quote.order_id == order_id);
        let quote = quote.expect("an order that the command names");
        let amended = OrderAmended {
            order_id,
            price_ticks: quote.price_ticks,
            quantity_lots: quote.quantity_lots,
            leaves_lots,
        };
        out.send(market.risk_partition(order_id), &amended);
    }
}
