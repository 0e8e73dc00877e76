//! One side of a trade, told to who has to know: its fill to risk, its novated leg to settlement.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{OrderExecuted, SettleLeg};
use crate::wire::vocabulary::Role;

use super::kept_trades::KeptSide;
use super::model::{Market, TradedInstrument};

/// The rate that is the whole notional.
const RATE_ONE: i128 = 10_000_000;

/// What an order has been charged in all, when rate x notional of its fills adds up to `fee_basis`.
pub fn charged(fee_basis: i128) -> i128 {
    fee_basis.div_euclid(RATE_ONE)
}

/// A trade, as both sides are told of it.
#[derive(Clone, Copy)]
pub struct Trade {
    pub trade_id: i64,
    pub price_ticks: i64,
    pub quantity_lots: i64,
}

/// With its fee, which is counted up over the order's fills; what is kept of it.
pub fn fill(
    market: &Market,
    instrument: &mut TradedInstrument,
    handle: Handle,
    role: Role,
    trade: Trade,
    out: &mut Outbox,
) -> KeptSide {
    let Trade {
        trade_id,
        price_ticks,
        quantity_lots,
    } = trade;
    let notional = i128::from(price_ticks) * i128::from(quantity_lots) * instrument.tick_lot_units;
    let ticket = &mut instrument.tickets[handle.place()];
    let rate = i128::from(if role == Role::Maker {
        ticket.maker_fee_rate
    } else {
        ticket.taker_fee_rate
    });
    let before = ticket.fee_basis();
    let basis = before + rate * notional;
    let fee_amount = charged(basis) - charged(before);
    ticket.set_fee_basis(basis);
    let order = &instrument.book.contents.orders[handle];
    let order_id = order.order_id;
    let executed = OrderExecuted {
        order_id,
        trade_id,
        price_ticks,
        quantity_lots,
        role,
        fee_amount,
    };
    out.send(market.risk_partition(order_id), &executed);
    let leg = SettleLeg {
        instrument_id: &instrument.instrument_id,
        trade_id,
        account_id: instrument.names.text(ticket.account),
        side: order.side,
        base_amount: amount(i128::from(quantity_lots) * instrument.lot_units),
        quote_amount: notional,
        fee_amount,
    };
    out.send(&market.settlement[usize::from(ticket.slot)], &leg);
    KeptSide {
        order_id,
        account: ticket.account,
        slot: ticket.slot,
        fee_rate: rate as i64,
        fee_amount,
    }
}

/// An amount that is not negative.
pub fn amount(units: i128) -> u128 {
    u128::try_from(units).expect("an amount of at least 0")
}
