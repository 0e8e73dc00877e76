//! One order, and what ties it to others.

use std::sync::Arc;

use crate::wire::vocabulary::{OrderType, Reason, Side, TimeInForce};

use super::caps::Part;
use super::model::Instrument;
use super::named::{AccountId, AssetId, InstrumentId, ParticipantId};
use super::orders::{LinkHandle, OrderHandle};
use super::terms::Terms;

pub const CLIENT_ORDER_ID_LENGTH_MAX: usize = 36;

/// What a replace asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Version {
    pub price_ticks: i64,
    /// The total.
    pub quantity_lots: i64,
    pub maker_fee_rate: i64,
    pub taker_fee_rate: i64,
    /// None: as it is.
    pub stop_price_ticks: Option<i64>,
}

/// A pair of orders, until something happens to one of them.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub limit: OrderHandle,
    pub stop: OrderHandle,
    pub entry: Option<OrderHandle>,
    pub filled_lots: i64,
}

impl Link {
    /// The entry first.
    pub fn orders(&self) -> impl Iterator<Item = OrderHandle> + use<> {
        self.entry.into_iter().chain([self.limit, self.stop])
    }
}

/// What a participant calls an order, which has passed `check_client_order_id`.
#[derive(Clone, Copy)]
pub struct ClientOrderId {
    length: u8,
    bytes: [u8; CLIENT_ORDER_ID_LENGTH_MAX],
}

impl ClientOrderId {
    /// # Panics
    /// Where it is longer than any that passes.
    pub fn new(id: &str) -> Self {
        let mut bytes = [0; CLIENT_ORDER_ID_LENGTH_MAX];
        bytes[..id.len()].copy_from_slice(id.as_bytes());
        let length = id.len() as u8;
        Self { length, bytes }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("it was a text")
    }
}

impl std::fmt::Debug for ClientOrderId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(formatter)
    }
}

/// One order from acceptance until it has ended and every command about it is answered.
#[derive(Clone, Debug)]
pub struct Order {
    /// 0: it has none yet.
    pub order_id: i64,
    pub client_order_id: ClientOrderId,
    pub account: AccountId,
    /// The account's.
    pub participant: ParticipantId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub order_type: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub terms: Option<Arc<Terms>>,
    pub triggered: bool,
    pub price_ticks: i64,
    pub quantity_lots: i64,
    pub executed_lots: i64,
    pub fee_basis: i128,
    pub maker_fee_rate: i64,
    pub taker_fee_rate: i64,
    pub reserved: i128,
    pub amendments: Vec<Version>,
    pub cancel_sent: bool,
    pub ended: bool,
    pub released: bool,
    pub link: Option<LinkHandle>,
    pub parked: bool,
    pub doomed: bool,
    /// Why its participant will be told that it has ended, where the cancel on its way is a mass cancel's:
    /// `risk.mass_cancels` of the reference.
    pub mass_cancel: Option<Reason>,
    /// What its participant's exposure has of it, where that is counted: `Exposure.parts` of the reference.
    pub part: Part,
    pub(super) own: Neighbors,
}

/// An order's neighbors among those of its account. Belongs to `names`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Neighbors {
    pub name_hash: u32,
    pub is_live: bool,
    pub previous: Option<OrderHandle>,
    pub next: Option<OrderHandle>,
}

/// What a new order says; the rest is as of one that has just been made.
#[derive(Debug)]
pub struct NewOrder {
    pub client_order_id: ClientOrderId,
    /// `Risk::name_hash` of it.
    pub name_hash: u32,
    pub account: AccountId,
    pub participant: ParticipantId,
    pub instrument: InstrumentId,
    pub side: Side,
    pub order_type: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub terms: Option<Arc<Terms>>,
    pub version: Version,
}

impl Order {
    /// With nothing reserved and no number.
    pub fn new(new: NewOrder) -> Self {
        Self {
            order_id: 0,
            client_order_id: new.client_order_id,
            account: new.account,
            participant: new.participant,
            instrument: new.instrument,
            side: new.side,
            order_type: new.order_type,
            time_in_force: new.time_in_force,
            post_only: new.post_only,
            terms: new.terms,
            triggered: false,
            price_ticks: new.version.price_ticks,
            quantity_lots: new.version.quantity_lots,
            executed_lots: 0,
            fee_basis: 0,
            maker_fee_rate: new.version.maker_fee_rate,
            taker_fee_rate: new.version.taker_fee_rate,
            reserved: 0,
            amendments: Vec::new(),
            cancel_sent: false,
            ended: false,
            released: false,
            link: None,
            parked: false,
            doomed: false,
            mass_cancel: None,
            part: Part::default(),
            own: Neighbors {
                name_hash: new.name_hash,
                ..Neighbors::default()
            },
        }
    }

    /// Of its client_order_id.
    #[inline]
    pub fn name_hash(&self) -> u32 {
        self.own.name_hash
    }

    /// Look at all of it, wherever in memory each field is. The answer means nothing.
    #[inline]
    pub(super) fn look(&self) -> u64 {
        let name = &self.client_order_id;
        let (first, last) = (name.length, name.bytes[CLIENT_ORDER_ID_LENGTH_MAX - 1]);
        self.part.buying as u64
            ^ self.reserved as u64
            ^ self.quantity_lots as u64
            ^ self.order_id as u64
            ^ self.amendments.len() as u64
            ^ u64::from(self.own.name_hash)
            ^ u64::from(first ^ last)
            ^ u64::from(self.ended)
    }

    /// The live one.
    #[inline]
    pub fn version(&self) -> Version {
        Version {
            price_ticks: self.price_ticks,
            quantity_lots: self.quantity_lots,
            maker_fee_rate: self.maker_fee_rate,
            taker_fee_rate: self.taker_fee_rate,
            stop_price_ticks: None,
        }
    }

    /// The live one, then those that the book has not answered, oldest first.
    #[inline]
    pub fn versions(&self) -> impl Iterator<Item = Version> + Clone + '_ {
        std::iter::once(self.version()).chain(self.amendments.iter().copied())
    }

    /// The asset that the order draws on. `instrument`: its own.
    #[inline]
    pub fn pays_asset(&self, instrument: &Instrument) -> AssetId {
        match self.side {
            Side::Buy => instrument.quote_asset,
            Side::Sell => instrument.base_asset,
        }
    }

    /// It cannot trade any more, or what it trades is not held for.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.ended || self.released || self.doomed
    }

    /// "": of none.
    pub fn quote_group(&self) -> &str {
        self.terms.as_ref().map_or("", |terms| &terms.quote_group)
    }
}
