//! What only some participants have: bounds of what they may have open in all, and of how much they cancel.

use std::collections::BTreeMap;

use super::named::{AccountId, AssetId};

/// A minute of the usual ticks, unless it is set.
pub const CANCEL_WINDOW_TICKS: i64 = 600;
/// Of a window, unless it is set.
pub const CANCELS_FREE: i64 = 100;

/// What one open order adds to its participant's exposure, at its worst; smallest units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// Of the base asset; 0 for a sell.
    pub buying: i128,
    pub notional: i128,
    /// Of the asset that it pays.
    pub reserved: i128,
}

/// Nothing is added.
pub const NOTHING: Part = Part {
    buying: 0,
    notional: 0,
    reserved: 0,
};

/// Whose position: an account's, or (None) all of the participant's: `WHOLE` of the reference.
pub type Whose = Option<AccountId>;

/// The sums over all open orders of one participant: no snapshot has them. What each order adds stands in the
/// order itself (`Order::part`).
#[derive(Clone, Debug, Default)]
pub struct Exposure {
    pub buying: BTreeMap<(Whose, AssetId), i128>,
    /// By quote asset.
    pub notional: BTreeMap<AssetId, i128>,
    pub reserved: BTreeMap<AssetId, i128>,
}

/// Of one participant, in smallest units. What is not named has no bound.
#[derive(Clone, Debug, Default)]
pub struct Caps {
    pub order_size: BTreeMap<AssetId, i128>,
    /// By name of the account, which need not be there; "" for all.
    pub position: BTreeMap<Box<str>, BTreeMap<AssetId, i128>>,
    pub open_notional: BTreeMap<AssetId, i128>,
    pub credit: BTreeMap<AssetId, i128>,
    pub exposure: Exposure,
}

impl Caps {
    pub fn position_max(&self, account_id: &str, asset: AssetId) -> Option<i128> {
        self.position.get(account_id)?.get(&asset).copied()
    }
}

/// How many cancels a participant may send for the orders that are taken from it, in windows of ticks.
#[derive(Clone, Debug)]
pub struct CancelRatio {
    /// None: any number.
    pub per_100_orders: Option<i64>,
    pub window_ticks: i64,
    pub free: i64,
    /// The number of the window that is counted: tick / window_ticks.
    pub window: i64,
    pub orders: i64,
    pub cancels: i64,
}

impl Default for CancelRatio {
    fn default() -> Self {
        Self {
            per_100_orders: None,
            window_ticks: CANCEL_WINDOW_TICKS,
            free: CANCELS_FREE,
            window: 0,
            orders: 0,
            cancels: 0,
        }
    }
}
