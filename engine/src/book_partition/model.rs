//! What one book partition knows.

use std::collections::{BTreeMap, HashMap};

use crate::book::book::Book;
use crate::book::book_rules::BookRules;
use crate::book::orders::{CHUNK, Handle};
use crate::book::outcomes::Outcomes;
use crate::book::pro_rata::ProRata;
use crate::chunks::Chunks;

use super::kept_trades::KeptTrades;
use super::regime::Regime;

pub const SLOTS: usize = 1024;
const RISK_SHARDS: usize = 1024;
const COUNTER_BITS: u32 = 53;

/// An account's id, by its place among the `Names` of its instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Name(u32);

/// Texts that many orders share, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    places: HashMap<Box<str>, Name>,
    texts: Vec<Box<str>>,
}

impl Names {
    pub fn name(&mut self, text: &str) -> Name {
        if let Some(&name) = self.places.get(text) {
            return name;
        }
        let name = Name(u32::try_from(self.texts.len()).expect("fewer than 2^32 accounts"));
        self.texts.push(text.into());
        self.places.insert(text.into(), name);
        name
    }

    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }
}

/// What the machine keeps beside an order, at the order's place in the store. The way back to risk is in the
/// order's id.
#[derive(Clone, Debug, Default)]
pub struct Ticket {
    pub account: Name,
    pub slot: u16,
    pub maker_fee_rate: i32,
    pub taker_fee_rate: i32,
    /// The participant's name for orders that it means to cancel together.
    pub quote_group: Box<str>,
    fee_basis: [u64; 2],
    /// What the public feed has told that it shows; belongs to `public_feed`.
    pub shown_lots: i64,
}

/// What a million orders need is counted in it.
const _: () = assert!(size_of::<Ticket>() == 56);

impl Ticket {
    pub fn new(
        account: Name,
        slot: i64,
        maker_fee_rate: i64,
        taker_fee_rate: i64,
        quote_group: &str,
    ) -> Self {
        let mut ticket = Self {
            account,
            slot: u16::try_from(slot).expect("a slot is a u16"),
            quote_group: quote_group.into(),
            ..Self::default()
        };
        ticket.stamp(maker_fee_rate, taker_fee_rate);
        ticket
    }

    pub fn stamp(&mut self, maker_fee_rate: i64, taker_fee_rate: i64) {
        let rate = |rate| i32::try_from(rate).expect("a rate is at most 10^7");
        (self.maker_fee_rate, self.taker_fee_rate) = (rate(maker_fee_rate), rate(taker_fee_rate));
    }

    /// Sum over fills of rate x notional. In two halves: an i128 would make the ticket 64 bytes long.
    pub fn fee_basis(&self) -> i128 {
        let [high, low] = self.fee_basis;
        (u128::from(high) << 64 | u128::from(low)) as i128
    }

    pub fn set_fee_basis(&mut self, basis: i128) {
        self.fee_basis = [(basis as u128 >> 64) as u64, basis as u64];
    }
}

#[derive(Debug)]
pub struct TradedInstrument {
    pub instrument_id: Box<str>,
    pub lot_units: i128,
    pub tick_lot_units: i128,
    pub book: Book,
    pub tickets: Chunks<Ticket, CHUNK>,
    pub names: Names,
    pub regime: Regime,
    /// Trade ids given.
    pub trades: i64,
    pub kept_trades: KeptTrades,
    /// Empty between two messages: its room is used again.
    outcomes: Outcomes,
}

impl TradedInstrument {
    pub fn new(
        instrument_id: &str,
        lot_units: i128,
        tick_lot_units: i128,
        price_range_ticks: (i64, i64),
        pro_rata: Option<ProRata>,
    ) -> Self {
        let mut book = Book::new(pro_rata, BookRules::default());
        book.contents.price_range_ticks = price_range_ticks;
        Self {
            instrument_id: instrument_id.into(),
            lot_units,
            tick_lot_units,
            book,
            tickets: Chunks::default(),
            names: Names::default(),
            regime: Regime::default(),
            trades: 0,
            kept_trades: KeptTrades::default(),
            outcomes: Outcomes::new(),
        }
    }

    /// What is there now, to be written by another thread.
    pub fn freeze(&mut self) -> Self {
        Self {
            instrument_id: self.instrument_id.clone(),
            book: Book {
                contents: self.book.contents.freeze(),
            },
            tickets: self.tickets.share(),
            names: self.names.clone(),
            regime: self.regime.clone(),
            kept_trades: self.kept_trades.clone(),
            outcomes: Outcomes::new(),
            ..*self
        }
    }

    /// What a command to its book causes; to be given back by `done`.
    pub fn command(&mut self, command: impl FnOnce(&mut Book, &mut Outcomes)) -> Outcomes {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        command(&mut self.book, &mut outcomes);
        outcomes
    }

    pub fn done(&mut self, mut outcomes: Outcomes) {
        outcomes.clear();
        self.outcomes = outcomes;
    }

    pub fn ticket(&mut self, order: Handle) -> &mut Ticket {
        &mut self.tickets[order.place()]
    }

    /// Give a new order its ticket.
    pub fn set_ticket(&mut self, order: Handle, ticket: Ticket) {
        while self.tickets.len() <= order.place() {
            self.tickets.push(Ticket::default());
        }
        self.tickets[order.place()] = ticket;
    }

    pub fn order_id(&self, order: Handle) -> i64 {
        self.book.contents.orders[order].order_id
    }
}

/// What is the same for all instruments of a book partition.
#[derive(Clone, Debug)]
pub struct Market {
    pub partition: i64,
    /// The partition of the public feed.
    pub feed: Box<str>,
    pub behaviour_version: i64,
    pub tick: i64,
    pub time_ms: i64,
    pub risk_shards: i64,
    /// By slot: the partition that settles its accounts.
    pub settlement: Vec<Box<str>>,
    risk: Vec<Box<str>>,
}

impl Market {
    /// Where an order came from.
    pub fn risk_partition(&self, order_id: i64) -> &str {
        &self.risk[risk_shard(order_id) as usize]
    }

    /// The partitions of the risk shards that there are.
    pub fn risk_partitions(&self) -> &[Box<str>] {
        &self.risk[..self.risk_shards as usize]
    }
}

pub fn risk_shard(order_id: i64) -> i64 {
    order_id >> COUNTER_BITS
}

/// The state of one book partition.
#[derive(Debug)]
pub struct BookPartition {
    pub market: Market,
    pub instruments: BTreeMap<Box<str>, TradedInstrument>,
}

impl BookPartition {
    pub fn new(partition: i64) -> Self {
        let market = Market {
            partition,
            feed: format!("market_data/{partition}").into(),
            behaviour_version: 0,
            tick: 0,
            time_ms: 0,
            risk_shards: 0,
            settlement: vec![Box::from(""); SLOTS],
            risk: (0..RISK_SHARDS)
                .map(|shard| format!("orders/{shard}").into())
                .collect(),
        };
        Self {
            market,
            instruments: BTreeMap::new(),
        }
    }

    pub fn freeze(&mut self) -> Self {
        let instruments = self.instruments.iter_mut();
        Self {
            market: self.market.clone(),
            instruments: instruments
                .map(|(id, instrument)| (id.clone(), instrument.freeze()))
                .collect(),
        }
    }
}
