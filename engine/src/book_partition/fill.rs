//! One side of a trade, told to who has to know: its fill to risk, its novated leg to settlement.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{OrderExecuted, SettleLeg};
use crate::wire::vocabulary::Role;

use super::kept_trades::KeptSide;
use super::model::{Common, TradedInstrument};

/// What both sides of a trade share.
#[derive(Clone, Copy)]
pub struct Trade {
    pub trade_id: i64,
    pub price_ticks: i64,
    pub quantity_lots: i64,
}

/// With its fee, which is counted up over the order's fills; what is kept of it.
pub fn fill(
    common: &Common,
    instrument: &mut TradedInstrument,
    order: Handle,
    role: Role,
    trade: Trade,
    out: &mut Outbox,
) -> KeptSide {
    let Trade {
        trade_id,
        price_ticks,
        quantity_lots,
    } = trade;
    let notional = instrument.notional(price_ticks, quantity_lots);
    let base_amount = instrument.base_amount(quantity_lots);
    let ticket = &mut instrument.tickets[order];
    let fee_rate = i64::from(match role {
        Role::Maker => ticket.maker_fee_rate,
        Role::Taker | Role::Auction => ticket.taker_fee_rate,
    });
    let fee_amount = ticket.fee_basis.charge(fee_rate, notional);
    let (account, slot) = (ticket.account, ticket.slot);
    let order = &instrument.book.contents.orders[order];
    let executed = OrderExecuted {
        order_id: order.order_id,
        trade_id,
        price_ticks,
        quantity_lots,
        role,
        fee_amount,
    };
    out.say(common.risk_of(order.order_id, slot), &executed);
    let leg = SettleLeg {
        instrument_id: &instrument.instrument_id,
        trade_id,
        account_id: common.accounts.name(account),
        side: order.side,
        base_amount,
        quote_amount: notional,
        fee_amount,
    };
    out.say(common.settlement.of(slot), &leg);
    KeptSide {
        order_id: order.order_id,
        account,
        slot,
        fee_rate,
        fee_amount,
    }
}
