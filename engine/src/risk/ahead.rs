//! What the next commands and answers of a frame will need is fetched for many of them at once: orders and names
//! stand anywhere in a shard, and memory is slow only for who waits for one answer after another.
//!
//! Nothing here has an effect: what it finds may have gone when its event comes.

use std::hint::black_box;

use crate::msgpack::{Read, Reader};
use crate::wire::event::Message;
use crate::wire::messages::{
    CancelOrder, OrderEntered, OrderExecuted, OrderRemoved, PlaceOrder, ReplaceOrder,
};

use super::model::Risk;
use super::named::AccountId;
use super::order::CLIENT_ORDER_ID_LENGTH_MAX;
use super::orders::OrderHandle;

/// So many orders are a MiB: fewer stay in a processor's cache, and looking twice for what is at hand takes a
/// quarter more time (docs/engine.md).
const WORTH_IT: usize = 4096;

/// What an event will look for.
enum Wanted<'e> {
    /// An order by its id.
    Told(i64),
    /// An order by its name, which has this hash.
    Named(u32, AccountId, &'e str),
    /// That there is none of a name that has this hash.
    New(u32, AccountId),
}

/// Look at what these events will look for, and at the orders that stand beside what they find.
///
/// Four rounds, in each of which no look-up waits for another.
pub fn look_ahead(risk: &Risk, events: &[&[u8]]) {
    if risk.orders.places() >= WORTH_IT {
        black_box(look(risk, events));
    }
}

/// What comes out of it means nothing.
fn look(risk: &Risk, events: &[&[u8]]) -> u64 {
    let mut wanted = Vec::with_capacity(events.len());
    wanted.extend(events.iter().filter_map(|event| wanted_by(risk, event).ok()?));
    let (mut seen, mut new) = (0, 0);
    for each in &wanted {
        seen ^= match *each {
            Wanted::Told(order_id) => risk.orders.look(order_id),
            Wanted::Named(hash, ..) => risk.look(hash),
            Wanted::New(hash, account) => {
                new += 1;
                risk.look(hash) ^ risk.look_at_recent(hash, account)
            }
        };
    }
    let mut found = Vec::with_capacity(wanted.len());
    found.extend(wanted.iter().filter_map(|each| match *each {
        Wanted::Told(order_id) => risk.orders.find(order_id),
        Wanted::Named(hash, account, name) => risk.live_hashed(hash, account, name),
        Wanted::New(..) => None,
    }));
    found.extend(risk.orders.next_places(new));
    for &handle in &found {
        let order = &risk.orders[handle];
        seen ^= order.look();
        let beside = [order.own.previous, order.own.next].into_iter().flatten();
        seen ^= beside.fold(0, |seen, handle: OrderHandle| {
            seen ^ u64::from(risk.orders[handle].name_hash())
        });
    }
    for &handle in &found {
        seen ^= risk.look(risk.orders[handle].name_hash()); // where it will be taken off by its name
    }
    seen
}

/// None: something else than an order that is known by the event's first fields.
fn wanted_by<'e>(risk: &Risk, event: &'e [u8]) -> Read<Option<Wanted<'e>>> {
    let mut from = Reader::new(event);
    from.array()?;
    let number = from.int()?;
    Ok(match number {
        ENTERED | EXECUTED | REMOVED => Some(Wanted::Told(from.int()?)),
        PLACE | CANCEL | REPLACE => {
            let account = risk.accounts.find(from.text()?);
            let name = from.text()?;
            account
                .filter(|_| name.len() <= CLIENT_ORDER_ID_LENGTH_MAX)
                .map(|account| {
                    let hash = risk.name_hash(account, name);
                    if number == PLACE {
                        Wanted::New(hash, account)
                    } else {
                        Wanted::Named(hash, account, name)
                    }
                })
        }
        _ => None,
    })
}

const PLACE: i64 = PlaceOrder::NUMBER as i64;
const CANCEL: i64 = CancelOrder::NUMBER as i64;
const REPLACE: i64 = ReplaceOrder::NUMBER as i64;
const ENTERED: i64 = OrderEntered::NUMBER as i64;
const EXECUTED: i64 = OrderExecuted::NUMBER as i64;
const REMOVED: i64 = OrderRemoved::NUMBER as i64;

#[cfg(test)]
mod tests {
    use super::super::definitions::new_participant;
    use super::super::model::{ClientOrderId, NewOrder, Order, Version};
    use super::super::named::{Id as _, InstrumentId};
    use super::*;
    use crate::msgpack::Writer;
    use crate::wire::vocabulary::{OrderType, Side, TimeInForce};

    fn event(number: i64, fields: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut to = Writer::default();
        to.array(3);
        to.int(number);
        fields(&mut to);
        to.into_bytes()
    }

    fn about(number: i64, account_id: &str, name: &str) -> Vec<u8> {
        event(number, |to| {
            to.text(account_id);
            to.text(name);
        })
    }

    /// Every way in which an event may name an order, and every way in which it may fail to.
    fn events() -> Vec<Vec<u8>> {
        let mut events = Vec::new();
        for number in [ENTERED, EXECUTED, REMOVED] {
            for order_id in [-1, 0, 1, 2, 3, 9, i64::MAX] {
                events.push(event(number, |to| to.int(order_id)));
            }
        }
        for number in [PLACE, CANCEL, REPLACE] {
            for account_id in ["", "alice", "nobody"] {
                for name in ["", "order-1", "order-9", &"x".repeat(300)] {
                    events.push(about(number, account_id, name));
                }
            }
        }
        let cut = events
            .iter()
            .flat_map(|event| (0..event.len()).map(|end| event[..end].to_vec()));
        let cut: Vec<_> = cut.collect();
        events.extend(cut);
        events
    }

    #[test]
    fn whatever_comes_to_whatever_there_is_or_was_looking_ahead_only_looks() {
        let mut risk = Risk::new(0);
        let participant = risk.participants.add("alice", new_participant("alice"));
        let events = events();
        let events: Vec<&[u8]> = events.iter().map(Vec::as_slice).collect();
        look(&risk, &events);
        let account = risk.add_account("alice", participant);
        look(&risk, &events);
        let mut handles = Vec::new();
        for number in 1..=3 {
            let name = format!("order-{number}");
            let handle = risk.orders.add(Order::new(NewOrder {
                client_order_id: ClientOrderId::new(&name),
                name_hash: risk.name_hash(account, &name),
                account,
                participant,
                instrument: InstrumentId::new(0),
                side: Side::Buy,
                order_type: OrderType::Limit,
                time_in_force: TimeInForce::Gtc,
                post_only: false,
                terms: None,
                version: Version {
                    price_ticks: 1,
                    quantity_lots: 1,
                    maker_fee_rate: 0,
                    taker_fee_rate: 0,
                    stop_price_ticks: None,
                },
            }));
            risk.orders.number(handle, number);
            risk.own(handle);
            risk.enlist(handle);
            look(&risk, &events);
            handles.push(handle);
        }
        for handle in handles {
            risk.delist(handle);
            look(&risk, &events);
            risk.forget(handle); // its place is the next to be used, and still names its neighbors
            look(&risk, &events);
        }
    }
}
