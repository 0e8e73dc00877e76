//! What the next commands of a frame will need is fetched for many of them at once: the orders that they end
//! or amend stand anywhere in a book, and memory is slow only for who waits for one answer after another.
//!
//! Nothing here has an effect: what it finds may have gone when its command comes.

use std::hint::black_box;

use crate::msgpack::{Read, Reader};
use crate::wire::event::Message;
use crate::wire::messages::{AmendOrder, EnterOrder, RemoveOrder};

use super::model::BookPartition;

/// Look at the orders that these events name, at their tickets and at their neighbors; of an order that is new,
/// at where its id will be found.
///
/// Three rounds, in each of which no look-up waits for another.
pub fn look_ahead(partition: &BookPartition, events: &[&[u8]]) {
    let mut found = Vec::with_capacity(events.len());
    for event in events {
        if let Ok(Some((instrument_id, order_id))) = named(event) {
            if let Some(instrument) = partition.instruments.get(instrument_id) {
                let order = instrument.book.contents.find(order_id);
                found.extend(order.map(|order| (instrument, order)));
            }
        }
    }
    let mut seen = 0;
    for &(instrument, order) in &found {
        seen ^= instrument.tickets[order].shown_lots;
        seen ^= instrument.book.contents.look_beside(order);
    }
    black_box(seen);
}

/// The instrument and the order of a command that is about one order; None: it is another.
fn named(event: &[u8]) -> Read<Option<(&str, i64)>> {
    let mut from = Reader::new(event);
    from.array()?;
    Ok(match from.int()? {
        ENTER => {
            let order_id = from.int()?;
            Some((from.text()?, order_id))
        }
        REMOVE | AMEND => Some((from.text()?, from.int()?)),
        _ => None,
    })
}

const ENTER: i64 = EnterOrder::NUMBER as i64;
const REMOVE: i64 = RemoveOrder::NUMBER as i64;
const AMEND: i64 = AmendOrder::NUMBER as i64;
