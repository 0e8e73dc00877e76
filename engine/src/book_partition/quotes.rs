//! SetQuotes: the quotes of a mass quote reach their book together, and each has the answer of its own kind.

use crate::book::order::Order;
use crate::book::outcomes::{CancelReason, Outcome};
use crate::fees::fee_rate;
use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{AmendmentRefused, OrderAmended, OrderEntered, QuoteToSet, SetQuotes};
use crate::wire::vocabulary::Reason;

use super::commands::{Refusal, plain_reason, refuse_entry, refuse_removal};
use super::model::{BookPartition, Common, TradedInstrument};
use super::outcomes::tell;
use super::tickets::{Ticket, group};

pub fn set_quotes(partition: &mut BookPartition, command: &SetQuotes<'_>, out: &mut Outbox) -> Handled {
    let BookPartition {
        common,
        instruments,
        outcomes,
    } = partition;
    let Some(instrument) = instruments.get_mut(command.instrument_id) else {
        refuse_quotes(common, command, Refusal::plain(Reason::InstrumentUnknown), out);
        return Ok(());
    };
    let mut here = Vec::with_capacity(command.quotes.len());
    for quote in &command.quotes {
        if quote.is_new || instrument.book.contents.find(quote.order_id).is_some() {
            here.push(quote);
        } else {
            refuse(common, quote, Refusal::plain(Reason::OrderUnknown), out);
        }
    }
    let orders: Vec<Order> = here.iter().map(|quote| book_order(instrument, quote)).collect();
    let wanted = here.iter().zip(&orders);
    let done: Vec<i64> = wanted
        .filter(|(quote, order)| quote.quantity_lots != 0 && order.remaining_lots == 0)
        .map(|(quote, _)| quote.order_id)
        .collect();
    let theirs = theirs(common, instrument, command, &here);
    outcomes.clear();
    let is_meant = |order: &Order| theirs.contains(&order.order_id);
    instrument.book.mass_quote(orders, &is_meant, outcomes);
    if let Some(&Outcome::Rejected(refused)) = outcomes.first() {
        let refusal = Refusal::new(plain_reason(refused.reason), refused.bound, refused.actual);
        for quote in here {
            refuse(common, quote, refusal, out);
        }
        return Ok(());
    }
    mark_done(instrument, outcomes, &done);
    answer(common, instrument, command, &here, outcomes, out);
    tell(common, instrument, outcomes, out);
    Ok(())
}

pub fn refuse_quotes(common: &Common, command: &SetQuotes<'_>, refusal: Refusal, out: &mut Outbox) {
    for quote in &command.quotes {
        refuse(common, quote, refusal, out);
    }
}

fn refuse(common: &Common, quote: &QuoteToSet, refusal: Refusal, out: &mut Outbox) {
    let order_id = quote.order_id;
    if quote.is_new {
        refuse_entry(common, order_id, refusal, out);
    } else if quote.quantity_lots == 0 {
        refuse_removal(common, order_id, refusal.reason, out);
    } else {
        let refused = AmendmentRefused {
            order_id,
            price_ticks: quote.price_ticks,
            quantity_lots: quote.quantity_lots,
            reason: refusal.reason,
            bound: refusal.bound,
            actual: refusal.actual,
        };
        common.answer(order_id, &refused, out);
    }
}

/// As `Book::mass_quote` takes it: a new order, or what a live one is to become.
fn book_order(instrument: &TradedInstrument, quote: &QuoteToSet) -> Order {
    let book = &instrument.book.contents;
    let found = book.find(quote.order_id);
    let executed_lots = found.map_or(0, |order| book.orders[order].executed_lots);
    let open_lots = (quote.quantity_lots - executed_lots).max(0);
    Order::new(quote.order_id, quote.side, quote.price_ticks, open_lots)
}

/// Which of the orders that are quoted again are of the account and the group that quote them.
fn theirs(
    common: &mut Common,
    instrument: &TradedInstrument,
    command: &SetQuotes<'_>,
    quotes: &[&QuoteToSet],
) -> Vec<i64> {
    let account = common.accounts.of(command.account_id);
    let is_theirs = |quote: &&&QuoteToSet| {
        instrument
            .book
            .contents
            .find(quote.order_id)
            .is_some_and(|order| {
                let ticket = &instrument.tickets[order];
                ticket.account == account && ticket.quote_group() == command.quote_group
            })
    };
    quotes
        .iter()
        .filter(is_theirs)
        .map(|quote| quote.order_id)
        .collect()
}

/// Those whose total was executed already were not withdrawn, but replaced to done.
fn mark_done(instrument: &TradedInstrument, outcomes: &mut [Outcome], done: &[i64]) {
    for outcome in outcomes {
        if let Outcome::Canceled { order, reason, .. } = outcome
            && done.contains(&instrument.book.contents.orders[*order].order_id)
        {
            *reason = CancelReason::ReplacedToDone;
        }
    }
}

/// Each that is not withdrawn; the fees of those changed are stamped again.
fn answer(
    common: &mut Common,
    instrument: &mut TradedInstrument,
    command: &SetQuotes<'_>,
    quotes: &[&QuoteToSet],
    outcomes: &[Outcome],
    out: &mut Outbox,
) {
    let ticket = Ticket {
        account: common.accounts.of(command.account_id),
        slot: command.slot as u16,
        maker_fee_rate: fee_rate(command.maker_fee_rate),
        taker_fee_rate: fee_rate(command.taker_fee_rate),
        quote_group: group(command.quote_group),
        ..Ticket::default()
    };
    for outcome in outcomes {
        let (order, leaves_lots) = match *outcome {
            Outcome::Accepted { order } => {
                instrument.tickets.give(order, ticket.clone());
                let order_id = instrument.book.contents.orders[order].order_id;
                out.say(common.risk_of(order_id, ticket.slot), &OrderEntered { order_id });
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
        instrument.tickets[order].stamp(ticket.maker_fee_rate, ticket.taker_fee_rate);
        let order_id = instrument.book.contents.orders[order].order_id;
        let mut each = quotes.iter().rev();
        let quote = each.find(|quote| quote.order_id == order_id);
        let quote = quote.expect("a mass quote replaces what it names");
        let amended = OrderAmended {
            order_id,
            price_ticks: quote.price_ticks,
            quantity_lots: quote.quantity_lots,
            leaves_lots,
        };
        let slot = instrument.tickets[order].slot;
        out.say(common.risk_of(order_id, slot), &amended);
    }
}
