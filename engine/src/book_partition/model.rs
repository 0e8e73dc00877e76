//! What one book partition knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::book::book::Book;
use crate::book::book_rules::BookRules;
use crate::book::outcomes::Outcomes;
use crate::book::pro_rata::ProRata;
use crate::by_slot::BySlot;
use crate::machine::behaviour::Behaviour;
use crate::machine::streams::{Destination, Outbox};
use crate::order_ids::risk_shard;
use crate::wire::event::Message;

use super::accounts::Accounts;
use super::kept_trades::KeptTrades;
use super::regime::Regime;
use super::tickets::Tickets;

/// What an order id has room for.
pub const RISK_SHARDS: usize = 1024;

#[derive(Debug)]
pub struct TradedInstrument {
    pub instrument_id: Box<str>,
    pub lot_units: u128,
    pub tick_lot_units: u128,
    pub book: Book,
    /// Of the orders of `book`.
    pub tickets: Tickets,
    pub regime: Regime,
    /// Trade ids given.
    pub trades: i64,
    pub kept_trades: KeptTrades,
}

impl TradedInstrument {
    pub fn new(
        instrument_id: &str,
        lot_units: u128,
        tick_lot_units: u128,
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
            tickets: Tickets::default(),
            regime: Regime::default(),
            trades: 0,
            kept_trades: KeptTrades::default(),
        }
    }

    /// price x quantity in smallest units of the quote asset.
    ///
    /// # Panics
    /// When it is beyond a signed amount, which no leg could say.
    pub fn notional(&self, price_ticks: i64, quantity_lots: i64) -> i128 {
        let tick_lot_units = i128::try_from(self.tick_lot_units).expect("units of a signed amount");
        i128::from(price_ticks) * i128::from(quantity_lots) * tick_lot_units
    }

    /// # Panics
    /// When it is beyond an amount, which no leg could say.
    pub fn base_amount(&self, quantity_lots: i64) -> u128 {
        quantity_lots as u128 * self.lot_units
    }
}

/// What the instruments of a partition share.
#[derive(Debug)]
pub struct Common {
    pub partition: i64,
    pub market_data: Destination,
    pub decisions: Destination,
    pub behaviour: Behaviour,
    pub tick: i64,
    pub time_ms: i64,
    pub risk_shards: i64,
    /// Risk shards that are told nothing any more.
    pub retired: BTreeSet<i64>,
    /// Settles the accounts of each slot.
    pub settlement: BySlot,
    pub accounts: Accounts,
    /// By slot that has moved: the risk shard that has its participants.
    pub moved: BTreeMap<u16, i64>,
    risk: Arc<[Destination]>,
}

impl Common {
    fn new(partition: i64) -> Self {
        let risk = (0..RISK_SHARDS).map(|shard| Destination::new(format!("orders/{shard}")));
        Self {
            partition,
            market_data: Destination::new(format!("market_data/{partition}")),
            decisions: Destination::new("decisions/0"),
            behaviour: Behaviour::new(format!("book/{partition}"), "settlement"),
            tick: 0,
            time_ms: 0,
            risk_shards: 0,
            retired: BTreeSet::new(),
            settlement: BySlot::unknown(),
            accounts: Accounts::default(),
            moved: BTreeMap::new(),
            risk: risk.collect(),
        }
    }

    /// The partition of the risk shard that has an order.
    #[inline]
    pub fn risk_of(&self, order_id: i64, slot: u16) -> &Destination {
        self.risk_shard(self.shard_of(order_id, slot))
    }

    /// The risk shard that has an order.
    #[inline]
    pub fn shard_of(&self, order_id: i64, slot: u16) -> i64 {
        if self.moved.is_empty() {
            return risk_shard(order_id);
        }
        self.moved
            .get(&slot)
            .copied()
            .unwrap_or_else(|| risk_shard(order_id))
    }

    /// Answer the risk shard that asks something of an order that may not be there.
    pub fn answer(&self, order_id: i64, message: &impl Message, out: &mut Outbox) {
        if self.moved.is_empty() {
            out.say(self.risk_partition(order_id), message);
        } else {
            let asker = out.source.replace("risk/", "orders/");
            out.send(&asker, message);
        }
    }

    /// Of the shard that issued the order's id: until slots move it is the one that has it.
    pub fn risk_partition(&self, order_id: i64) -> &Destination {
        self.risk_shard(risk_shard(order_id))
    }

    pub fn risk_shard(&self, shard: i64) -> &Destination {
        &self.risk[shard as usize]
    }

    /// The partitions of the risk shards that there are.
    pub fn risk(&self) -> impl Iterator<Item = &Destination> {
        let numbers = 0..self.risk_shards;
        let there = numbers.filter(|shard| !self.retired.contains(shard));
        there.map(|shard| self.risk_shard(shard))
    }

    fn freeze(&mut self) -> Self {
        Self {
            market_data: self.market_data.clone(),
            decisions: self.decisions.clone(),
            behaviour: self.behaviour.clone(),
            retired: self.retired.clone(),
            settlement: self.settlement.clone(),
            accounts: self.accounts.freeze(),
            moved: self.moved.clone(),
            risk: Arc::clone(&self.risk),
            ..*self
        }
    }
}

/// The state of one book partition. `outcomes` is no part of it: room for what a command causes.
#[derive(Debug)]
pub struct BookPartition {
    pub common: Common,
    pub instruments: BTreeMap<Box<str>, TradedInstrument>,
    pub outcomes: Outcomes,
}

impl BookPartition {
    pub fn new(partition: i64) -> Self {
        Self {
            common: Common::new(partition),
            instruments: BTreeMap::new(),
            outcomes: Outcomes::new(),
        }
    }

    /// As it is now, to be written.
    pub fn freeze(&mut self) -> Self {
        let each = self.instruments.iter_mut();
        Self {
            common: self.common.freeze(),
            instruments: each
                .map(|(name, instrument)| (name.clone(), instrument.freeze()))
                .collect(),
            outcomes: Outcomes::new(),
        }
    }
}

impl TradedInstrument {
    fn freeze(&mut self) -> Self {
        Self {
            instrument_id: self.instrument_id.clone(),
            book: Book {
                contents: self.book.contents.freeze(),
            },
            tickets: self.tickets.share(),
            regime: self.regime.clone(),
            kept_trades: self.kept_trades.share(),
            ..*self
        }
    }
}
