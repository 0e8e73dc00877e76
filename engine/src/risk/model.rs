//! What one risk shard knows: instruments, participants, accounts, orders.
//!
//! Nothing refers to another by a pointer. What has a name has a number too (`named.rs`): a name is looked up
//! once where it comes in, `risk.accounts.find(name)`, and `risk.accounts[id]` is the account from there on.
//! An order is reached by its handle, `risk.orders[handle]`, found by `risk.orders.find(order_id)` or
//! `risk.live(account, client_order_id)`; `risk.links[link]` is what ties it to others. Sessions and keys:
//! `keys.rs`. `order.rs` has the order, `names.rs` what client_order_ids find. The names of fields and functions are those of the reference, whose comments are not repeated.
//!
//! `Risk::share` is what a snapshot is written from while this goes on: chunks are shared, the rest is small.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::RandomState;

use crate::machine::behaviour::Behaviour;
use crate::machine::domain::SessionId;
use crate::machine::streams::Destination;
use crate::order_ids::order_id;
use crate::wire::vocabulary::{AccountState, Phase, Reason};

use super::caps::{CancelRatio, Caps};
use super::guards::{Breach, Episode, Kills, Protection};
use super::keys::Keys;
use super::named::{AccountId, AssetId, Id as _, InstrumentId, Name, Named, ParticipantId, RouteId};
use super::orders::{Links, OrderHandle, Orders};
use super::recent::Recent;
use crate::index::{Index, LargeIndex};

pub use super::order::{ClientOrderId, Link, NewOrder, Order, Version};

/// Of each account: a client_order_id is unique among its live orders and this many before.
pub const CLIENT_ORDER_IDS_KEPT: usize = 10_000;

/// To one book partition, with the commands that it has not answered.
#[derive(Clone, Debug)]
pub struct Route {
    pub book: Destination,
    pub unanswered: i64,
}

/// Units and increments are as in the reference; amounts fit 127 bits (`amount`).
#[derive(Clone, Debug)]
pub struct Instrument {
    pub route: RouteId,
    pub base_asset: AssetId,
    pub quote_asset: AssetId,
    pub lot_units: i128,
    pub tick_lot_units: i128,
    pub price_increment_ticks: i64,
    pub price_min_ticks: i64,
    pub price_max_ticks: i64,
    pub quantity_increment_lots: i64,
    pub quantity_min_lots: i64,
    pub quantity_max_lots: i64,
    pub window: i64,
    pub phase: Phase,
    pub least_display_lots: i64,
    pub collar: Option<Collar>,
    /// Its orders are released and its book has not said BookCleared: each participant's commands there that
    /// are given up. `risk.lost` of the reference.
    pub lost: Option<BTreeMap<ParticipantId, i64>>,
}

/// Per mille, and the price in ticks that orders' prices are held against, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Collar {
    pub per_mille: i64,
    pub reference_ticks: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Participant {
    /// The partition of its reports.
    pub reports: Destination,
    pub slot: i64,
    pub maker_fee_rate: i64,
    pub taker_fee_rate: i64,
    pub open_orders_max: i64,
    pub commands_in_flight_max: i64,
    pub notional_max: BTreeMap<AssetId, i128>,
    pub open_orders: i64,
    pub unanswered: i64,
    pub orders_per_s_max: i64,
    pub second: i64,
    pub orders_in_second: i64,
    pub last_sequence: i64,
    pub given_up: i64,
    pub accounts: Vec<AccountId>,
    pub caps: Option<Box<Caps>>,
    pub cancel_ratio: Option<Box<CancelRatio>>,
    /// By quote group. `Risk::protected` has those participants that have some.
    pub protections: BTreeMap<Box<str>, Protection>,
    /// In no order that matters. `Risk::near` has those participants that have some.
    pub near: Vec<Episode>,
}

/// Of one account in one asset, smallest units; the invariant is the reference's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Balance {
    pub total: i128,
    pub reserved: i128,
}

#[derive(Clone, Debug)]
pub struct Account {
    pub participant: ParticipantId,
    pub state: AccountState,
    /// By number of the asset: for look-up by bisection.
    balances: Vec<(AssetId, Balance)>,
    /// The first of its orders, which `Order::own` leads through: for whoever sorts them.
    pub(super) first_order: Option<OrderHandle>,
    pub recent: Recent,
}

impl Account {
    pub fn new(participant: ParticipantId) -> Self {
        Self {
            participant,
            state: AccountState::Active,
            balances: Vec::new(),
            first_order: None,
            recent: Recent::default(),
        }
    }

    /// Opened where there is none.
    #[inline]
    pub fn balance(&mut self, asset: AssetId) -> &mut Balance {
        let place = match self.place(asset) {
            Ok(place) => place,
            Err(place) => {
                self.balances.insert(place, (asset, Balance::default()));
                place
            }
        };
        &mut self.balances[place].1
    }

    /// What no order has reserved; looking at it opens no balance.
    pub fn available(&self, asset: AssetId) -> i128 {
        self.place(asset).map_or(0, |place| {
            let Balance { total, reserved } = self.balances[place].1;
            total - reserved
        })
    }

    /// What there is in all; opens no balance.
    pub fn total(&self, asset: AssetId) -> i128 {
        self.place(asset).map_or(0, |place| self.balances[place].1.total)
    }

    pub fn balances(&self) -> &[(AssetId, Balance)] {
        &self.balances
    }

    #[inline]
    fn place(&self, asset: AssetId) -> Result<usize, usize> {
        self.balances.binary_search_by_key(&asset, |&(asset, _)| asset)
    }
}

/// An amount off the wire. The reference takes any; one beyond 127 bits no machine can reckon with.
///
/// # Panics
/// Where it has 128 bits.
pub fn amount(amount: u128) -> i128 {
    i128::try_from(amount).expect("an amount below 2^127")
}

/// Slots that leave, and who has not said yet that it says what follows to the new shard.
#[derive(Clone, Debug, Default)]
pub struct Leaving {
    pub move_id: i64,
    pub first_slot: i64,
    pub last_slot: i64,
    pub new: i64,
    pub books: i64,
    pub settlements: i64,
    pub begun: bool,
    pub awaited: BTreeSet<Box<str>>,
    /// Orders whose cancels the new shard is to send, in that order.
    pub deferred: Vec<i64>,
}

/// Slots that come, and what has come of them, as it was sent: section, rows.
#[derive(Clone, Debug, Default)]
pub struct Coming {
    pub move_id: i64,
    pub pieces: Vec<(Box<str>, Box<[u8]>)>,
}

/// The state of one risk shard.
///
/// Invariant: `protected` and `near` have the participants whose `protections` and `near` are not empty.
#[derive(Debug)]
pub struct Risk {
    pub shard: i64,
    pub behaviour: Behaviour,
    pub time_ms: i64,
    pub tick: i64,
    /// Decimals by asset; None: it was named, and not defined.
    pub assets: Named<AssetId, Option<i64>, 64>,
    pub routes: Named<RouteId, Route, 64>,
    pub instruments: Named<InstrumentId, Instrument, 64>,
    pub early_phases: BTreeMap<Box<str>, Phase>,
    pub early_collars: BTreeMap<Box<str>, Collar>,
    pub participants: Named<ParticipantId, Participant, 64>,
    pub accounts: Named<AccountId, Account, 64>,
    /// Asset and amount by account.
    pub early_deposits: BTreeMap<Box<str>, Vec<(AssetId, i128)>>,
    pub keys: Keys,
    /// The session whose event is being applied: `check_connected` looks at its watch.
    pub speaking: Option<SessionId>,
    pub orders: Orders,
    pub links: Links,
    pub orders_issued: i64,
    pub kills: Kills,
    pub protected: BTreeSet<ParticipantId>,
    pub breaches: BTreeMap<(ParticipantId, Reason), Breach>,
    pub breaches_second: i64,
    pub near: BTreeSet<ParticipantId>,
    /// Settlement shards that are told nothing any more.
    pub retired_settlement: BTreeSet<i64>,
    pub leaving: Option<Leaving>,
    pub coming: Option<Coming>,
    /// The partition of what the risk desk is told.
    pub desk: Name,
    /// Belongs, as the two that follow, to `names`.
    pub(super) live: LargeIndex,
    /// By account: finds in `Account::recent`.
    pub(super) recent: Vec<Index>,
    /// Of client_order_ids: participants choose them, and no hash that they know shall slow the shard.
    pub(super) hasher: RandomState,
}

impl Risk {
    pub fn new(shard: i64) -> Self {
        Self {
            shard,
            behaviour: Behaviour::new(format!("risk/{shard}"), "books"),
            time_ms: 0,
            tick: 0,
            assets: Named::default(),
            routes: Named::default(),
            instruments: Named::default(),
            early_phases: BTreeMap::new(),
            early_collars: BTreeMap::new(),
            participants: Named::default(),
            accounts: Named::default(),
            early_deposits: BTreeMap::new(),
            keys: Keys::default(),
            speaking: None,
            orders: Orders::default(),
            links: Links::default(),
            orders_issued: 0,
            kills: Kills::default(),
            protected: BTreeSet::new(),
            breaches: BTreeMap::new(),
            breaches_second: 0,
            near: BTreeSet::new(),
            retired_settlement: BTreeSet::new(),
            leaving: None,
            coming: None,
            desk: format!("risk_events/{shard}").into(),
            live: LargeIndex::default(),
            recent: Vec::new(),
            hasher: RandomState::new(),
        }
    }

    /// Whether nothing is said of it to books any more.
    pub fn is_leaving(&self, participant: ParticipantId) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| {
            let slots = leaving.first_slot..=leaving.last_slot;
            leaving.begun && slots.contains(&self.participants[participant].slot)
        })
    }

    pub fn next_order_id(&mut self) -> i64 {
        self.orders_issued += 1;
        order_id(self.shard, self.orders_issued)
    }

    /// The number of an asset, by whatever it is named.
    pub fn asset(&mut self, asset_id: &str) -> AssetId {
        self.assets
            .find(asset_id)
            .unwrap_or_else(|| self.assets.add(asset_id, None))
    }

    /// Whose the key of a session is.
    ///
    /// # Panics
    /// Where the participant is not defined yet.
    pub fn signer(&self, session: SessionId) -> ParticipantId {
        let key = &self.keys[session];
        key.participant.unwrap_or_else(|| {
            let session = key.session.as_ref().expect("a key that is registered");
            self.participants.known(&session.owner)
        })
    }

    pub fn reports(&self, participant: ParticipantId) -> &Destination {
        &self.participants[participant].reports
    }

    /// The partition of the instrument's book.
    pub fn book(&self, instrument: InstrumentId) -> &Destination {
        &self.routes[self.instruments[instrument].route].book
    }

    pub fn route(&mut self, instrument: InstrumentId) -> &mut Route {
        &mut self.routes[self.instruments[instrument].route]
    }

    /// An account that is new.
    pub fn add_account(&mut self, account_id: &str, participant: ParticipantId) -> AccountId {
        let account = self.accounts.add(account_id, Account::new(participant));
        self.participants[participant].accounts.push(account);
        if account.place() == self.recent.len() {
            self.recent.push(Index::default());
        }
        account
    }

    /// An account that has no orders any more goes. Its participant does too, and is not told.
    pub fn remove_account(&mut self, account: AccountId) {
        let participant = self.accounts[account].participant;
        self.recent[account.place()] = Index::default();
        self.accounts.remove(account, Account::new(participant));
    }

    /// The balance that the order draws on.
    pub fn pays(&mut self, order: OrderHandle) -> &mut Balance {
        let order = &self.orders[order];
        let asset = order.pays_asset(&self.instruments[order.instrument]);
        self.accounts[order.account].balance(asset)
    }

    /// What there is, as it is now, to be written while this goes on: it finds nothing by a name.
    pub fn share(&mut self) -> Self {
        Self {
            behaviour: self.behaviour.clone(),
            time_ms: self.time_ms,
            tick: self.tick,
            assets: self.assets.share(),
            routes: self.routes.share(),
            instruments: self.instruments.share(),
            early_phases: self.early_phases.clone(),
            early_collars: self.early_collars.clone(),
            participants: self.participants.share(),
            accounts: self.accounts.share(),
            early_deposits: self.early_deposits.clone(),
            keys: self.keys.share(),
            orders: self.orders.share(),
            links: self.links.share(),
            orders_issued: self.orders_issued,
            kills: self.kills.clone(),
            protected: self.protected.clone(),
            breaches: self.breaches.clone(),
            breaches_second: self.breaches_second,
            near: self.near.clone(),
            retired_settlement: self.retired_settlement.clone(),
            leaving: self.leaving.clone(),
            coming: self.coming.clone(),
            ..Self::new(self.shard)
        }
    }
}
