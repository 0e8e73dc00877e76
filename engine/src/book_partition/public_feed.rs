//! What the public may see of an order: the displayed book, order by order.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{DepthAdded, DepthReduced, DepthRemoved, UnpricedAdded};

use super::model::{Market, TradedInstrument};

pub fn rested(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    price_ticks: i64,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    if quantity_lots != 0 {
        show(market, instrument, order, price_ticks, quantity_lots, out);
    }
}

pub fn displayed(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    renewed: bool,
    out: &mut Outbox,
) {
    if renewed {
        hide(market, instrument, order, out);
        let price_ticks = instrument.book.contents.orders[order].price_ticks;
        show(market, instrument, order, price_ticks, quantity_lots, out);
    } else {
        show_less(market, instrument, order, quantity_lots, out);
    }
}

pub fn replaced(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    kept_priority: bool,
    out: &mut Outbox,
) {
    if !kept_priority {
        hide(market, instrument, order, out);
    } else if !instrument.book.contents.orders[order].is_iceberg() {
        show_less(market, instrument, order, quantity_lots, out);
    }
}

/// A resting order traded, or was taken from. What an iceberg then shows is told by Displayed.
pub fn shrunk(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    left_lots: i64,
    out: &mut Outbox,
) {
    if left_lots == 0 {
        hide(market, instrument, order, out);
    } else if !instrument.book.contents.orders[order].is_iceberg() {
        show_less(market, instrument, order, left_lots, out);
    }
}

pub fn hide(market: &Market, instrument: &mut TradedInstrument, order: Handle, out: &mut Outbox) {
    let ticket = instrument.ticket(order);
    if ticket.shown_lots != 0 {
        ticket.shown_lots = 0;
        let removed = DepthRemoved {
            instrument_id: &instrument.instrument_id,
            order_id: instrument.order_id(order),
        };
        out.send(&market.feed, &removed);
    }
}

/// After a restore: what was told of each order follows from the book.
pub fn remember_shown(instrument: &mut TradedInstrument) {
    let book = &instrument.book.contents;
    for side in [&book.bids, &book.asks] {
        for order in side.handles(&book.orders) {
            instrument.tickets[order.place()].shown_lots = book.orders[order].displayed_lots();
        }
    }
}

fn show(
    market: &Market,
    instrument: &mut TradedInstrument,
    handle: Handle,
    price_ticks: i64,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    instrument.ticket(handle).shown_lots = quantity_lots;
    let instrument_id = &*instrument.instrument_id;
    let order = &instrument.book.contents.orders[handle];
    let (order_id, side) = (order.order_id, order.side);
    if order.order_type.is_unpriced() {
        let added = UnpricedAdded {
            instrument_id,
            order_id,
            side,
            quantity_lots,
        };
        out.send(&market.feed, &added);
    } else {
        let added = DepthAdded {
            instrument_id,
            order_id,
            side,
            price_ticks,
            quantity_lots,
        };
        out.send(&market.feed, &added);
    }
}

/// The order keeps its place. Of one that takes from what it keeps back nothing changes for the public.
fn show_less(
    market: &Market,
    instrument: &mut TradedInstrument,
    order: Handle,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    let ticket = instrument.ticket(order);
    if ticket.shown_lots != 0 && ticket.shown_lots != quantity_lots {
        ticket.shown_lots = quantity_lots;
        let reduced = DepthReduced {
            instrument_id: &instrument.instrument_id,
            order_id: instrument.order_id(order),
            quantity_lots,
        };
        out.send(&market.feed, &reduced);
    }
}
