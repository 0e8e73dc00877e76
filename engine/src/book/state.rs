//! The canonical plain state of a book as bytes, and the way back from it.
//!
//! The shape is that of the reference's `BookState`: a map with its keys sorted, in MessagePack. Two books
//! that behave alike have the same bytes.

use crate::msgpack::{Malformed, Read, Reader, Writer};

use super::bands::Bands;
use super::book_rules::BookRules;
use super::contents::Contents;
use super::expiry::expect_end;
use super::link::Link;
use super::order::Order;
use super::orders::Handle;
use super::parked::park;
use super::pro_rata::ProRata;
use super::special::Special;
use super::terms::{OrderType, Phase, Side, StpMode, TimeInForce};

type Entry<'a> = (&'static str, Box<dyn Fn(&mut Writer) + 'a>);

/// The state of a book.
pub fn state(book: &Contents) -> Vec<u8> {
    let mut to = Writer::default();
    write(book, &mut to);
    to.into_bytes()
}

/// Write the state of a book.
pub fn write(book: &Contents, to: &mut Writer) {
    let mut entries: Vec<Entry> = vec![
        ("phase", Box::new(|to| to.int(book.phase.number()))),
        (
            "last_price_ticks",
            Box::new(|to| to.optional_int(book.last_price_ticks)),
        ),
        ("bids", Box::new(|to| write_side(book, Side::Buy, to))),
        ("asks", Box::new(|to| write_side(book, Side::Sell, to))),
    ];
    add_numbers(book, &mut entries);
    add_rules(book, &mut entries);
    add_apart(book, &mut entries);
    entries.sort_unstable_by_key(|(key, _)| *key);
    to.map(entries.len());
    for (key, write) in entries {
        to.text(key);
        write(to);
    }
}

fn add_numbers<'a>(book: &'a Contents, entries: &mut Vec<Entry<'a>>) {
    if let Some(ticks) = book.reference_ticks {
        entries.push(("reference_ticks", Box::new(move |to| to.int(ticks))));
    }
    if let Some(ticks) = book.mark_price_ticks {
        entries.push(("mark_price_ticks", Box::new(move |to| to.int(ticks))));
    }
    if book.time_ms != 0 {
        entries.push(("time_ms", Box::new(|to| to.int(book.time_ms))));
    }
    if book.gathered {
        entries.push(("gathered", Box::new(|to| to.int(1))));
    }
    let (price_ticks, quantity_lots) = book.indicative;
    if book.indicative != (None, 0) {
        let write = move |to: &mut Writer| {
            to.array(2);
            to.optional_int(price_ticks);
            to.sum(quantity_lots);
        };
        entries.push(("indicative", Box::new(write)));
    }
}

fn add_rules<'a>(book: &'a Contents, entries: &mut Vec<Entry<'a>>) {
    if let Some(bands) = book.bands {
        entries.push((
            "bands",
            Box::new(move |to| write_pair(to, bands.static_ticks, bands.dynamic_ticks)),
        ));
    }
    if let Some(rule) = book.bids.pro_rata {
        let write = move |to: &mut Writer| {
            write_pair(to, Some(i64::from(rule.top_order)), Some(rule.minimum_lots));
        };
        entries.push(("pro_rata", Box::new(write)));
    }
    if book.rules != BookRules::default() {
        let early = i64::from(book.rules.early_auction_orders);
        let write = move |to: &mut Writer| write_pair(to, Some(book.rules.least_display_lots), Some(early));
        entries.push(("rules", Box::new(write)));
    }
    let [bid, ask] = [&book.bids, &book.asks].map(|side| top_id(book, side.top));
    if bid.is_some() || ask.is_some() {
        entries.push(("tops", Box::new(move |to| write_pair(to, bid, ask))));
    }
}

/// The orders that stand on neither side, and the links.
fn add_apart<'a>(book: &'a Contents, entries: &mut Vec<Entry<'a>>) {
    if !book.stops.is_empty() {
        entries.push((
            "stops",
            Box::new(|to| write_apart(book, &Vec::from_iter(book.stops.handles()), to)),
        ));
    }
    if !book.parked.is_empty() {
        entries.push((
            "parked",
            Box::new(|to| write_apart(book, &Vec::from_iter(book.parked.handles()), to)),
        ));
    }
    if !book.links.is_empty() {
        entries.push(("links", Box::new(|to| write_links(book, to))));
    }
}

/// The top order of a side, while it is there.
fn top_id(book: &Contents, top: Option<Handle>) -> Option<i64> {
    top.map(|handle| &book.orders[handle])
        .filter(|order| order.is_live())
        .map(|order| order.order_id)
}

fn write_pair(to: &mut Writer, one: Option<i64>, other: Option<i64>) {
    to.array(2);
    to.optional_int(one);
    to.optional_int(other);
}

fn write_side(book: &Contents, side: Side, to: &mut Writer) {
    let side = book.side(side);
    to.array(side.levels().map(|(_, level)| level.orders as usize).sum());
    for handle in side.handles(&book.orders) {
        write_row(&book.orders[handle], false, to);
    }
}

fn write_apart(book: &Contents, handles: &[Handle], to: &mut Writer) {
    to.array(handles.len());
    for &handle in handles {
        write_row(&book.orders[handle], true, to);
    }
}

/// An order as the reference's `Row`, `sided`: beginning with its side.
pub fn write_row(order: &Order, sided: bool, to: &mut Writer) {
    let special = order.special.as_deref().filter(|special| !says_nothing(special));
    to.array(7 + usize::from(sided) + usize::from(special.is_some()));
    if sided {
        to.int(order.side.number());
    }
    to.int(order.order_id);
    to.int(order.price_ticks);
    to.int(order.remaining_lots);
    to.int(order.executed_lots);
    to.int(order.order_type.number());
    to.int(order.time_in_force.number());
    to.flag(order.post_only);
    if let Some(special) = special {
        write_special(special, to);
    }
}

/// Whether special terms are those of a plain order: their place among others isn't part of the state.
fn says_nothing(special: &Special) -> bool {
    *special
        == Special {
            arrival: special.arrival,
            ..Special::default()
        }
}

fn write_special(special: &Special, to: &mut Writer) {
    to.array(10);
    to.optional_int(special.display_lots);
    to.int(special.shown_lots);
    to.optional_int(special.min_quantity_lots);
    to.text(&special.stp_group);
    to.int(special.stp_mode.number());
    to.optional_int(special.stop_price_ticks);
    to.optional_int(special.trail_ticks);
    to.optional_int(special.expire_time_ms);
    to.flag(special.on_mark);
    to.optional_int(special.slide_ticks);
}

fn write_links(book: &Contents, to: &mut Writer) {
    to.array(book.links.iter().count());
    for link in book.links.iter() {
        to.array(4);
        to.int(link.limit_id);
        to.int(link.stop_id);
        to.optional_int(link.entry_id);
        to.int(link.filled_lots);
    }
}

/// The book that `state` described.
pub fn load(bytes: &[u8]) -> Read<Contents> {
    let mut book = Contents::plain();
    let mut from = Reader::new(bytes);
    // Both name orders, which may come later.
    let (mut links, mut tops) = (None, None);
    for _ in 0..from.map()? {
        match from.text()? {
            "bids" => read_side(&mut book, Side::Buy, &mut from)?,
            "asks" => read_side(&mut book, Side::Sell, &mut from)?,
            "stops" => read_stops(&mut book, &mut from)?,
            "parked" => read_parked(&mut book, &mut from)?,
            "links" => links = Some(read_links(&mut from)?),
            "tops" => tops = Some(read_pair(&mut from)?),
            key => read_fact(&mut book, key, &mut from)?,
        }
    }
    for (limit_id, stop_id, entry_id, filled_lots) in links.into_iter().flatten() {
        let (limit, stop) = (find(&book, limit_id)?, find(&book, stop_id)?);
        book.links.add(Link {
            limit_id,
            limit,
            stop_id,
            stop,
            entry_id,
            filled_lots,
        });
    }
    if let Some((bid, ask)) = tops {
        book.bids.top = bid.map(|order_id| find(&book, order_id)).transpose()?;
        book.asks.top = ask.map(|order_id| find(&book, order_id)).transpose()?;
    }
    book.quiet = book.stops.is_empty() && book.links.is_empty();
    book.sweep(); // no order is new any more
    if from.is_at_end() {
        Ok(book)
    } else {
        Err(Malformed("bytes after the state"))
    }
}

fn read_fact(book: &mut Contents, key: &str, from: &mut Reader) -> Read<()> {
    match key {
        "phase" => book.phase = known(Phase::from_number(from.int()?))?,
        "last_price_ticks" => book.last_price_ticks = from.optional_int()?,
        "time_ms" => book.time_ms = from.int()?,
        "reference_ticks" => book.reference_ticks = Some(from.int()?),
        "mark_price_ticks" => book.mark_price_ticks = Some(from.int()?),
        "gathered" => book.gathered = from.flag()?,
        "bands" => {
            let (static_ticks, dynamic_ticks) = read_pair(from)?;
            book.bands = Some(Bands {
                static_ticks,
                dynamic_ticks,
            });
        }
        "pro_rata" => {
            from.array_of(2)?;
            let rule = ProRata {
                top_order: from.flag()?,
                minimum_lots: from.int()?,
            };
            book.bids.share_pro_rata(rule);
            book.asks.share_pro_rata(rule);
        }
        "rules" => {
            from.array_of(2)?;
            book.rules = BookRules {
                least_display_lots: from.int()?,
                early_auction_orders: from.flag()?,
            };
        }
        "indicative" => {
            from.array_of(2)?;
            book.indicative = (from.optional_int()?, from.int()?.into());
        }
        _ => return Err(Malformed("a state with a key that no book has")),
    }
    Ok(())
}

fn read_pair(from: &mut Reader) -> Read<(Option<i64>, Option<i64>)> {
    from.array_of(2)?;
    Ok((from.optional_int()?, from.optional_int()?))
}

fn read_side(book: &mut Contents, side: Side, from: &mut Reader) -> Read<()> {
    for _ in 0..from.array()? {
        let length = from.array()?;
        let handle = book.orders.insert(read_row(side, length, from)?);
        book.stand(handle);
        expect_end(book, handle);
    }
    Ok(())
}

fn read_stops(book: &mut Contents, from: &mut Reader) -> Read<()> {
    for _ in 0..from.array()? {
        let order = read_sided_row(from)?;
        if !order.order_type.waits()
            || order
                .special
                .as_deref()
                .is_none_or(|s| s.stop_price_ticks.is_none())
        {
            return Err(Malformed("an order among the stops that has no stop price"));
        }
        let handle = book.orders.insert(order);
        book.stops.add(&mut book.orders, handle);
        book.enlist(handle);
        expect_end(book, handle);
    }
    Ok(())
}

fn read_parked(book: &mut Contents, from: &mut Reader) -> Read<()> {
    for _ in 0..from.array()? {
        let handle = book.orders.insert(read_sided_row(from)?);
        park(book, handle);
        expect_end(book, handle);
    }
    Ok(())
}

type LinkRow = (i64, i64, Option<i64>, i64);

fn read_links(from: &mut Reader) -> Read<Vec<LinkRow>> {
    let mut links = Vec::new();
    for _ in 0..from.array()? {
        from.array_of(4)?;
        links.push((from.int()?, from.int()?, from.optional_int()?, from.int()?));
    }
    Ok(links)
}

fn read_sided_row(from: &mut Reader) -> Read<Order> {
    let length = from.array()?;
    let side = known(Side::from_number(from.int()?))?;
    read_row(side, length.saturating_sub(1), from)
}

fn read_row(side: Side, length: usize, from: &mut Reader) -> Read<Order> {
    if !(7..=8).contains(&length) {
        return Err(Malformed("an order of another length"));
    }
    let mut order = Order::new(from.int()?, side, from.int()?, from.int()?);
    order.executed_lots = from.int()?;
    order.order_type = known(OrderType::from_number(from.int()?))?;
    order.time_in_force = known(TimeInForce::from_number(from.int()?))?;
    order.post_only = from.flag()?;
    if length == 8 {
        order.special = Some(Box::new(read_special(from)?));
    }
    Ok(order)
}

fn read_special(from: &mut Reader) -> Read<Special> {
    from.array_of(10)?;
    let (display_lots, shown_lots) = (from.optional_int()?, from.int()?);
    Ok(Special {
        display_lots,
        shown_lots,
        min_quantity_lots: from.optional_int()?,
        stp_group: from.text()?.into(),
        stp_mode: known(StpMode::from_number(from.int()?))?,
        stop_price_ticks: from.optional_int()?,
        trail_ticks: from.optional_int()?,
        expire_time_ms: from.optional_int()?,
        on_mark: from.flag()?,
        slide_ticks: from.optional_int()?,
        arrival: 0,
    })
}

fn find(book: &Contents, order_id: i64) -> Read<Handle> {
    book.find(order_id)
        .ok_or(Malformed("a link or a top order that is not on the book"))
}

/// A name of a vocabulary, where its number was ever given.
pub fn known<T>(name: Option<T>) -> Read<T> {
    name.ok_or(Malformed("a number that no name was given"))
}
