//! An open order as its participant is told of it.

use crate::wire::messages::OrderStatus;

use super::model::{Order, Risk};

pub fn order_status<'a>(risk: &'a Risk, order: &'a Order, last_sequence: i64) -> OrderStatus<'a> {
    OrderStatus {
        last_sequence,
        account_id: risk.accounts.name(order.account),
        client_order_id: order.client_order_id.as_str(),
        order_id: order.order_id,
        instrument_id: risk.instruments.name(order.instrument),
        side: order.side,
        price_ticks: order.price_ticks,
        quantity_lots: order.quantity_lots,
        leaves_lots: order.quantity_lots - order.executed_lots,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        post_only: order.post_only,
        triggered: order.triggered,
        terms: order.terms.as_ref().map(|terms| terms.told()),
    }
}
