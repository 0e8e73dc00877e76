//! What makes a pair of two orders, and a bracket of three.

use crate::wire::messages::PlaceOrder;
use crate::wire::vocabulary::{OrderType, Reason, TimeInForce};

use super::order_terms::waits;
use super::refusal::{Checked, Refusal};

/// Numbers what is not met as "Pairs and brackets" in docs/rules.md does.
///
/// `legs`: the orders as they are named: of a bracket the entry first, then the limit order and the stop.
pub fn check_link(legs: &[&PlaceOrder<'_>]) -> Checked {
    let [entry @ .., limit, stop] = legs else {
        unreachable!("a pair has two orders, a bracket three")
    };
    let of_a_pair = pair(legs, limit, stop);
    let of_exits = entry.first().map(|entry| exits(entry, limit, stop));
    let requirements = of_a_pair.into_iter().chain(of_exits.into_iter().flatten());
    for (number, is_met) in (1..).zip(requirements) {
        if !is_met {
            return Err(Refusal::new(Reason::Link, 0, number));
        }
    }
    Ok(())
}

fn pair<'a>(legs: &[&PlaceOrder<'a>], limit: &PlaceOrder<'a>, stop: &PlaceOrder<'a>) -> [bool; 4] {
    let rests = matches!(
        TimeInForce::from_number(limit.time_in_force),
        Some(TimeInForce::Gtc | TimeInForce::Day | TimeInForce::Gtd)
    );
    let for_an_auction = matches!(
        TimeInForce::from_number(stop.time_in_force),
        Some(TimeInForce::AtOpen | TimeInForce::AtClose)
    );
    let is_together = legs
        .iter()
        .all(|leg| leg.account_id == limit.account_id && leg.instrument_id == limit.instrument_id);
    [
        is_together,
        limit.order_type == OrderType::Limit.number() && rests,
        OrderType::from_number(stop.order_type).is_some_and(waits) && !for_an_auction,
        limit.side == stop.side,
    ]
}

fn exits<'a>(entry: &PlaceOrder<'a>, limit: &PlaceOrder<'a>, stop: &PlaceOrder<'a>) -> [bool; 5] {
    let exits = [limit, stop];
    let least_lots = |leg: &PlaceOrder<'_>| leg.terms.as_ref().and_then(|terms| terms.min_quantity_lots);
    [
        exits.iter().all(|leg| leg.side != entry.side),
        exits.iter().all(|leg| leg.quantity_lots == entry.quantity_lots),
        !exits.iter().any(|leg| leg.post_only),
        exits.iter().all(|leg| least_lots(leg).is_none()),
        stop.order_type != OrderType::TrailingStop.number(),
    ]
}
