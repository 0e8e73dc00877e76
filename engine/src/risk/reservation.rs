//! What an order may still cost: exact to the unit, fee included. The reference says why it is reckoned so.
//!
//! Nothing here leaves an i128: `NOTIONAL_MAX` of the reference is chosen for it, and the lots of a history
//! are together no more than the largest total in it.

use crate::fees;
use crate::integers::times;
use crate::wire::vocabulary::{Reason, Side};

use super::exposure::{Change, follow};
use super::model::{Instrument, Order, Risk, Version};
use super::named::AssetId;
use super::orders::OrderHandle;
use super::refusal::{Checked, Refusal};

const RATE_ONE: i128 = fees::RATE_ONE as i128;

/// Of the lots that have not been executed, in smallest units of the asset that the order pays.
///
/// `versions`: the live one, then those that the book has not answered, oldest first.
pub fn worst_cost(
    order: &Order,
    instrument: &Instrument,
    versions: impl Iterator<Item = Version> + Clone,
) -> i128 {
    if order.side == Side::Sell {
        return times(left_lots(order, versions).into(), instrument.lot_units);
    }
    // In 1e-7 units: notional and fee add up before they are rounded.
    let mut worst = 0;
    // Of each version before: all its lots but the last (with it the order would end), and the most that they
    // and those of versions before it cost.
    let mut reached: Vec<(i128, i128)> = Vec::new();
    let mut versions = versions.peekable();
    while let Some(version) = versions.next() {
        let lots = i128::from(version.quantity_lots) - i128::from(order.executed_lots) - 1;
        if lots < 0 {
            continue;
        }
        let rate = version.maker_fee_rate.max(version.taker_fee_rate).max(0);
        let lot_price = times(version.price_ticks.into(), instrument.tick_lot_units);
        let lot_cost = times(lot_price, RATE_ONE + i128::from(rate));
        // Executing part of an earlier version is never dearer than all or nothing of it: its cost is linear.
        let cost = reached
            .iter()
            .filter(|&&(earlier_lots, _)| earlier_lots <= lots)
            .map(|&(earlier_lots, earlier_cost)| earlier_cost + times(lots - earlier_lots, lot_cost))
            .fold(times(lots, lot_cost), i128::max);
        // Nothing is allocated for an order without replaces in flight: it has no version behind this one.
        if versions.peek().is_some() {
            reached.push((lots, cost));
        }
        worst = worst.max(cost + lot_cost);
    }
    charged(order.fee_basis + worst) - charged(order.fee_basis)
}

/// What has been charged in all, rounded down.
fn charged(fee_basis: i128) -> i128 {
    match i64::try_from(fee_basis) {
        // Most fit: a division of 128 bits takes ten times as long.
        Ok(small) => small.div_euclid(fees::RATE_ONE).into(),
        Err(_) => fee_basis.div_euclid(RATE_ONE),
    }
}

/// Bring the reservation to what the order, and what is linked with it, may cost now.
pub fn reserve(risk: &mut Risk, handle: OrderHandle) {
    if risk.orders[handle].link.is_some() {
        for change in needs(risk, handle, None) {
            hold(risk, change.order, change.reserved);
            follow(risk, change.order);
        }
        return;
    }
    let order = &risk.orders[handle];
    let needed = cost(order, &risk.instruments[order.instrument], order.versions());
    hold(risk, handle, needed);
    follow(risk, handle);
}

/// Whether there is enough for what the order, and what is linked with it, needs. What is reserved for them
/// already counts as there.
pub fn check_balance(risk: &Risk, handle: OrderHandle, changes: &[Change]) -> Checked {
    let order = &risk.orders[handle];
    let pays = order.pays_asset(&risk.instruments[order.instrument]);
    for (asset, needed, held) in sums(risk, changes) {
        let available = risk.accounts[order.account].available(asset) + held;
        // A replace may need no more of what only linked orders pay: then nothing of it is missing.
        if needed > available && (asset == pays || needed > held) {
            return Err(Refusal::new(Reason::Balance, available, needed));
        }
    }
    Ok(())
}

/// Of each asset that the orders pay, in the order in which they are named: what they need in all, and what is
/// reserved for them.
pub fn sums(risk: &Risk, changes: &[Change]) -> Vec<(AssetId, i128, i128)> {
    let mut sums: Vec<(AssetId, i128, i128)> = Vec::new();
    for change in changes {
        let order = &risk.orders[change.order];
        let asset = order.pays_asset(&risk.instruments[order.instrument]);
        match sums.iter_mut().find(|(named, ..)| *named == asset) {
            Some((_, needed, held)) => {
                *needed += change.reserved;
                *held += order.reserved;
            }
            None => sums.push((asset, change.reserved, order.reserved)),
        }
    }
    sums
}

/// What the order, and each that is linked with it, has to hold. `asked`: a replace of the order, beside those
/// in flight.
pub fn needs(risk: &Risk, handle: OrderHandle, asked: Option<Version>) -> Vec<Change> {
    let versions = |each: OrderHandle| {
        let asked = if each == handle { asked } else { None };
        risk.orders[each].versions().chain(asked)
    };
    let of = |each: OrderHandle, reserved: i128| Change {
        order: each,
        asked: if each == handle { asked } else { None },
        reserved,
    };
    let order = &risk.orders[handle];
    let instrument = &risk.instruments[order.instrument];
    let Some(link) = order.link else {
        return vec![of(handle, cost(order, instrument, versions(handle)))];
    };
    let link = &risk.links[link];
    let mut changes = Vec::with_capacity(3);
    let mut exit_lots = link.filled_lots;
    if let Some(entry) = link.entry {
        let order = &risk.orders[entry];
        changes.push(of(entry, cost(order, instrument, versions(entry))));
        if risk.orders[link.limit].side == Side::Buy {
            exit_lots += left_lots(order, versions(entry));
        }
    }
    let exit_cost = |each: OrderHandle| {
        let order = &risk.orders[each];
        let trades = versions(each).map(|version| match order.parked {
            true => Version {
                quantity_lots: exit_lots,
                ..version
            },
            false => version,
        });
        cost(order, instrument, trades)
    };
    let limit_cost = exit_cost(link.limit);
    let stop_cost = exit_cost(link.stop);
    changes.push(of(link.limit, limit_cost));
    changes.push(of(link.stop, (stop_cost - limit_cost).max(0)));
    changes
}

/// What an order may still trade at most.
fn left_lots(order: &Order, versions: impl Iterator<Item = Version>) -> i64 {
    let totals = versions.map(|version| version.quantity_lots);
    let total = totals.max().expect("an order has a live version");
    (total - order.executed_lots).max(0)
}

fn cost(order: &Order, instrument: &Instrument, versions: impl Iterator<Item = Version> + Clone) -> i128 {
    if order.is_over() {
        0
    } else {
        worst_cost(order, instrument, versions)
    }
}

fn hold(risk: &mut Risk, handle: OrderHandle, needed: i128) {
    let before = risk.orders[handle].reserved;
    if needed != before {
        risk.pays(handle).reserved += needed - before;
        risk.orders[handle].reserved = needed;
    }
}
