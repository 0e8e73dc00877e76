//! What all open orders of a participant may come to, and the bounds of it: position, open notional, credit.
//! The reference says how each order counts.

use std::collections::BTreeMap;

use crate::wire::vocabulary::{Reason, Side};

use super::caps::{Caps, NOTHING, Part, Whose};
use super::model::{Risk, Version};
use super::named::{AssetId, ParticipantId};
use super::orders::OrderHandle;
use super::refusal::{Checked, Refusal};

/// In the place of an account: all of the participant's.
pub const WHOLE: &str = "";

/// An order with a version that is asked for, beside those that it has, and what is to be reserved for it then.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub order: OrderHandle,
    pub asked: Option<Version>,
    pub reserved: i128,
}

/// Sums by key, in the order in which the keys came: the first bound that is passed is told.
struct Sums<K>(Vec<(K, i128)>);

impl<K: PartialEq> Sums<K> {
    fn add(&mut self, key: K, more: i128) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => *sum += more,
            None => self.0.push((key, more)),
        }
    }
}

/// `asked_of`: what is asked for of an order.
fn part_of(
    risk: &Risk,
    handle: OrderHandle,
    asked_of: impl Fn(OrderHandle) -> Option<Version>,
    reserved: i128,
) -> Part {
    let (mut buying, mut notional) = alone(risk, handle, &asked_of);
    if let Some(link) = risk.orders[handle].link {
        let link = &risk.links[link];
        if handle == link.stop {
            let other = alone(risk, link.limit, &asked_of);
            buying = (buying - other.0).max(0);
            notional = (notional - other.1).max(0);
        }
    }
    Part {
        buying,
        notional,
        reserved,
    }
}

/// What it may buy of the base asset, and its notional, as if it were linked with none.
fn alone(
    risk: &Risk,
    handle: OrderHandle,
    asked_of: &impl Fn(OrderHandle) -> Option<Version>,
) -> (i128, i128) {
    let order = &risk.orders[handle];
    if order.is_over() {
        return (0, 0);
    }
    let exit_lots = if order.parked {
        exit_lots(risk, handle, asked_of)
    } else {
        None
    };
    let (mut most_lots, mut notional) = (0, i128::MIN);
    for version in order.versions().chain(asked_of(handle)) {
        let lots = exit_lots.unwrap_or((version.quantity_lots - order.executed_lots).max(0));
        most_lots = most_lots.max(lots);
        notional = notional.max(i128::from(version.price_ticks) * i128::from(lots));
    }
    let instrument = &risk.instruments[order.instrument];
    let buying = match order.side {
        Side::Buy => i128::from(most_lots) * instrument.lot_units,
        Side::Sell => 0,
    };
    (buying, notional * instrument.tick_lot_units)
}

/// What an exit trades that waits for its entry's end: all that this has traded and still may.
fn exit_lots(
    risk: &Risk,
    handle: OrderHandle,
    asked_of: &impl Fn(OrderHandle) -> Option<Version>,
) -> Option<i64> {
    let link = &risk.links[risk.orders[handle].link?];
    let entered = link.entry.map_or(0, |handle| {
        let entry = &risk.orders[handle];
        let totals = entry
            .versions()
            .chain(asked_of(handle))
            .map(|each| each.quantity_lots);
        (totals.max().expect("the live one") - entry.executed_lots).max(0)
    });
    Some(link.filled_lots + entered)
}

/// Whether the participant may have all these orders so. What adds nothing to a sum is not refused for it.
pub fn check_exposure(risk: &Risk, participant: ParticipantId, changes: &[Change]) -> Checked {
    let Some(caps) = &risk.participants[participant].caps else {
        return Ok(());
    };
    let asked_of = |handle| changes.iter().find(|each| each.order == handle)?.asked;
    let (mut buying, mut notional, mut reserved) = (Sums(Vec::new()), Sums(Vec::new()), Sums(Vec::new()));
    for change in changes {
        let order = &risk.orders[change.order];
        let instrument = &risk.instruments[order.instrument];
        let after = part_of(risk, change.order, asked_of, change.reserved);
        for whose in [Some(order.account), None] {
            buying.add((whose, instrument.base_asset), after.buying - order.part.buying);
        }
        notional.add(instrument.quote_asset, after.notional - order.part.notional);
        reserved.add(order.pays_asset(instrument), after.reserved - order.part.reserved);
    }
    check_position(risk, participant, caps, &buying)?;
    let exposure = &caps.exposure;
    let of_notional = (&caps.open_notional, &exposure.notional);
    check_sum(Reason::OpenNotionalLimit, of_notional, &notional)?;
    check_sum(Reason::CreditLimit, (&caps.credit, &exposure.reserved), &reserved)
}

/// What there is of the asset, in one account of the participant or in all, and what open buys would add to it.
pub fn position(risk: &Risk, participant: ParticipantId, whose: Whose, asset: AssetId) -> i128 {
    let participant = &risk.participants[participant];
    let accounts = participant.accounts.iter();
    let held: i128 = accounts
        .filter(|&&account| whose.is_none_or(|meant| account == meant))
        .map(|&account| risk.accounts[account].total(asset))
        .sum();
    let caps = participant.caps.as_deref();
    let buying = caps.and_then(|caps| caps.exposure.buying.get(&(whose, asset)));
    held + buying.copied().unwrap_or(0)
}

/// Bring the sums to what the order may come to now, where its participant has bounds of them; called whenever
/// its reservation is, and of linked orders for each.
pub fn follow(risk: &mut Risk, handle: OrderHandle) {
    let order = &risk.orders[handle];
    if risk.participants[order.participant].caps.is_none() {
        return;
    }
    let after = if order.is_over() {
        NOTHING
    } else {
        part_of(risk, handle, |_| None, order.reserved)
    };
    let order = &mut risk.orders[handle];
    let before = std::mem::replace(&mut order.part, after);
    let instrument = &risk.instruments[order.instrument];
    let caps = risk.participants[order.participant].caps.as_mut();
    let exposure = &mut caps.expect("it has some").exposure;
    let bought = after.buying - before.buying;
    if bought != 0 {
        for whose in [Some(order.account), None] {
            *exposure.buying.entry((whose, instrument.base_asset)).or_default() += bought;
        }
    }
    *exposure.notional.entry(instrument.quote_asset).or_default() += after.notional - before.notional;
    let pays = order.pays_asset(instrument);
    *exposure.reserved.entry(pays).or_default() += after.reserved - before.reserved;
}

/// The participant's, made and brought up to date where it had none.
pub fn caps_of(risk: &mut Risk, participant: ParticipantId) -> &mut Caps {
    if risk.participants[participant].caps.is_none() {
        risk.participants[participant].caps = Some(Box::default());
        for account in risk.participants[participant].accounts.clone() {
            let live: Vec<_> = risk.live_of(account).collect();
            for order in live {
                follow(risk, order);
            }
        }
    }
    let caps = risk.participants[participant].caps.as_mut();
    caps.expect("it was just made")
}

fn check_position(
    risk: &Risk,
    participant: ParticipantId,
    caps: &Caps,
    more: &Sums<(Whose, AssetId)>,
) -> Checked {
    for &((whose, asset), bought) in &more.0 {
        let account_id = whose.map_or(WHOLE, |account| risk.accounts.name(account));
        if let Some(bound) = caps.position_max(account_id, asset).filter(|_| bought > 0) {
            let would_be = position(risk, participant, whose, asset) + bought;
            if would_be > bound {
                return Err(Refusal::new(Reason::PositionLimit, bound, would_be));
            }
        }
    }
    Ok(())
}

fn check_sum(
    reason: Reason,
    (bounds, sums): (&BTreeMap<AssetId, i128>, &BTreeMap<AssetId, i128>),
    more: &Sums<AssetId>,
) -> Checked {
    for &(asset, added) in &more.0 {
        if let Some(&bound) = bounds.get(&asset).filter(|_| added > 0) {
            let would_be = sums.get(&asset).copied().unwrap_or(0) + added;
            if would_be > bound {
                return Err(Refusal::new(reason, bound, would_be));
            }
        }
    }
    Ok(())
}
