//! One order in a risk shard's snapshot.

use std::sync::Arc;

use crate::integers::{read_i128, write_i128};
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::kinds::Kind;
use crate::wire::messages::OrderTerms;
use crate::wire::vocabulary::{OrderType, Side, TimeInForce};

use super::model::{ClientOrderId, NewOrder, Order, Risk, Version};
use super::order::CLIENT_ORDER_ID_LENGTH_MAX;
use super::terms::Terms;

const UNNAMED: Malformed = Malformed("a number that names nothing");

pub fn save_order(risk: &Risk, order: &Order, to: &mut Writer) {
    to.array(14);
    to.int(order.order_id);
    to.text(order.client_order_id.as_str());
    to.text(risk.accounts.name(order.account));
    to.text(risk.instruments.name(order.instrument));
    to.int(order.side.number());
    to.array(4);
    save_numbers(&order.version(), to);
    to.int(order.executed_lots);
    write_i128(order.fee_basis, to);
    write_i128(order.reserved, to);
    to.array(order.amendments.len());
    for version in &order.amendments {
        to.array(5);
        save_numbers(version, to);
        to.optional_int(version.stop_price_ticks);
    }
    to.boolean(order.cancel_sent);
    to.boolean(order.ended);
    to.array(4);
    to.int(order.order_type.number());
    to.int(order.time_in_force.number());
    to.boolean(order.post_only);
    to.boolean(order.triggered);
    match &order.terms {
        Some(terms) => OrderTerms::write(&terms.told(), to),
        None => to.nil(),
    }
}

fn save_numbers(version: &Version, to: &mut Writer) {
    to.int(version.price_ticks);
    to.int(version.quantity_lots);
    to.int(version.maker_fee_rate);
    to.int(version.taker_fee_rate);
}

/// The order's id, and the order without it.
pub fn load_order(risk: &Risk, from: &mut Reader<'_>) -> Read<(i64, Order)> {
    from.array_of(14)?;
    let order_id = from.int()?;
    let client_order_id = load_name(from)?;
    let account = risk.accounts.found(from.text()?)?;
    let instrument = risk.instruments.found(from.text()?)?;
    let side = Side::from_number(from.int()?).ok_or(UNNAMED)?;
    from.array_of(4)?;
    let version = load_numbers(from)?;
    let (executed_lots, fee_basis, reserved) = (from.int()?, read_i128(from)?, read_i128(from)?);
    let amendments = load_amendments(from)?;
    let (cancel_sent, ended) = (from.boolean()?, from.boolean()?);
    from.array_of(4)?;
    let new = NewOrder {
        client_order_id,
        name_hash: risk.name_hash(account, client_order_id.as_str()),
        account,
        participant: risk.accounts[account].participant,
        instrument,
        side,
        order_type: OrderType::from_number(from.int()?).ok_or(UNNAMED)?,
        time_in_force: TimeInForce::from_number(from.int()?).ok_or(UNNAMED)?,
        post_only: from.boolean()?,
        terms: None,
        version,
    };
    let order = Order {
        triggered: from.boolean()?,
        terms: load_terms(from)?,
        executed_lots,
        fee_basis,
        reserved,
        amendments,
        cancel_sent,
        ended,
        ..Order::new(new)
    };
    Ok((order_id, order))
}

pub fn load_name(from: &mut Reader<'_>) -> Read<ClientOrderId> {
    let name = from.text()?;
    if name.len() > CLIENT_ORDER_ID_LENGTH_MAX {
        return Err(Malformed("a client_order_id that no order can have"));
    }
    Ok(ClientOrderId::new(name))
}

fn load_numbers(from: &mut Reader<'_>) -> Read<Version> {
    Ok(Version {
        price_ticks: from.int()?,
        quantity_lots: from.int()?,
        maker_fee_rate: from.int()?,
        taker_fee_rate: from.int()?,
        stop_price_ticks: None,
    })
}

fn load_amendments(from: &mut Reader<'_>) -> Read<Vec<Version>> {
    (0..from.array()?)
        .map(|_| {
            from.array_of(5)?;
            let version = load_numbers(from)?;
            let stop_price_ticks = from.optional_int()?;
            Ok(Version {
                stop_price_ticks,
                ..version
            })
        })
        .collect()
}

fn load_terms(from: &mut Reader<'_>) -> Read<Option<Arc<Terms>>> {
    if from.nil() {
        return Ok(None);
    }
    let terms = OrderTerms::read(from)?;
    Ok(Some(Arc::new(Terms::from(&terms))))
}
