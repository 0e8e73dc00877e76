//! What the public may see of an order: the displayed book, order by order.

use crate::book::book::Book;
use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{DepthAdded, DepthReduced, DepthRemoved, UnpricedAdded};

use super::model::{Common, TradedInstrument};
use super::tickets::Tickets;

pub fn rested(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    price_ticks: i64,
    lots: i64,
    out: &mut Outbox,
) {
    if lots != 0 {
        show(common, instrument, order, price_ticks, lots, out);
    }
}

pub fn displayed(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    lots: i64,
    renewed: bool,
    out: &mut Outbox,
) {
    if renewed {
        hide(common, instrument, order, out);
        let price_ticks = instrument.book.contents.orders[order].price_ticks;
        show(common, instrument, order, price_ticks, lots, out);
    } else {
        show_less(common, instrument, order, lots, out);
    }
}

pub fn replaced(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    lots: i64,
    kept_priority: bool,
    out: &mut Outbox,
) {
    if !kept_priority {
        hide(common, instrument, order, out);
    } else if !instrument.book.contents.orders[order].is_iceberg() {
        show_less(common, instrument, order, lots, out);
    }
}

/// A resting order traded, or was taken from. What an iceberg then shows is told by Displayed.
pub fn shrunk(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    left_lots: i64,
    out: &mut Outbox,
) {
    if left_lots == 0 {
        hide(common, instrument, order, out);
    } else if !instrument.book.contents.orders[order].is_iceberg() {
        show_less(common, instrument, order, left_lots, out);
    }
}

pub fn hide(common: &Common, instrument: &mut TradedInstrument, order: Handle, out: &mut Outbox) {
    let ticket = &mut instrument.tickets[order];
    if ticket.shown_lots != 0 {
        ticket.shown_lots = 0;
        let removed = DepthRemoved {
            instrument_id: &instrument.instrument_id,
            order_id: instrument.book.contents.orders[order].order_id,
        };
        out.say(&common.market_data, &removed);
    }
}

/// After a restore: what was told of each order follows from the book.
pub fn remember_shown(book: &Book, tickets: &mut Tickets) {
    let orders = &book.contents.orders;
    for side in [&book.contents.bids, &book.contents.asks] {
        for order in side.handles(orders) {
            tickets[order].shown_lots = orders[order].displayed_lots();
        }
    }
}

fn show(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    price_ticks: i64,
    lots: i64,
    out: &mut Outbox,
) {
    instrument.tickets[order].shown_lots = lots;
    let instrument_id = &*instrument.instrument_id;
    let order = &instrument.book.contents.orders[order];
    let (order_id, side) = (order.order_id, order.side);
    if order.order_type.is_unpriced() {
        let added = UnpricedAdded {
            instrument_id,
            order_id,
            side,
            quantity_lots: lots,
        };
        out.say(&common.market_data, &added);
    } else {
        let added = DepthAdded {
            instrument_id,
            order_id,
            side,
            price_ticks,
            quantity_lots: lots,
        };
        out.say(&common.market_data, &added);
    }
}

/// The order keeps its place. Of one that takes from what it keeps back nothing changes for the public.
fn show_less(common: &Common, instrument: &mut TradedInstrument, order: Handle, lots: i64, out: &mut Outbox) {
    let ticket = &mut instrument.tickets[order];
    if ticket.shown_lots != 0 && ticket.shown_lots != lots {
        ticket.shown_lots = lots;
        let reduced = DepthReduced {
            instrument_id: &instrument.instrument_id,
            order_id: instrument.book.contents.orders[order].order_id,
            quantity_lots: lots,
        };
        out.say(&common.market_data, &reduced);
    }
}
