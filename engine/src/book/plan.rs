//! What an arriving order would do to the other side, where orders there alter matching.
//!
//! Nothing is changed here: `matching` carries a plan out, and a fill-or-kill, a minimum quantity or a
//! post-only order that doesn't like it leaves it at that.

use std::collections::VecDeque;

use super::display::slice_lots;
use super::order::Order;
use super::orders::{Handle, Orders};
use super::pro_rata::{ProRata, shares};
use super::side::{BookSide, Level};
use super::special::Special;
use super::terms::StpMode;

/// What happens between the arriving order and one that rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Trade,
    Decrement,
    CancelAggressor,
    CancelResting,
    CancelBoth,
}

/// `lots`: traded or decremented.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub resting: Handle,
    pub lots: i64,
    pub deed: Deed,
}

/// The arriving order as a plan sees it: its own terms, or those that a replace would give it.
#[derive(Clone, Copy)]
pub struct Aggressor<'a> {
    pub price_ticks: i64,
    pub quantity_lots: i64,
    pub special: Option<&'a Special>,
}

impl<'a> Aggressor<'a> {
    pub fn of(order: &'a Order) -> Self {
        Self {
            price_ticks: order.price_ticks,
            quantity_lots: order.remaining_lots,
            special: order.special.as_deref(),
        }
    }

    fn is_of_the_group_of(self, resting: &Order) -> bool {
        match (self.special, resting.special.as_deref()) {
            (Some(one), Some(other)) => !one.stp_group.is_empty() && one.stp_group == other.stp_group,
            _ => false,
        }
    }
}

/// What the aggressor would do, in its order.
///
/// An order with a minimum quantity is passed over unless so much, or all that is left of it, would trade
/// with this aggressor. An iceberg's share shows only when the whole walk is done: one that falls short is
/// passed over in another walk.
pub fn plan(aggressor: Aggressor, opposite: &BookSide, orders: &Orders) -> Vec<Step> {
    let mut passed_over = Vec::new();
    loop {
        let steps = Walk::along(aggressor, opposite, orders, &passed_over);
        match falls_short(&steps, orders) {
            Some(short) => passed_over.push(short),
            None => return steps,
        }
    }
}

/// How much of a plan is trades.
pub fn traded_lots(steps: &[Step]) -> i64 {
    steps
        .iter()
        .filter(|step| step.deed == Deed::Trade)
        .map(|step| step.lots)
        .sum()
}

/// One walk along the other side; `left`: what is left of the aggressor.
struct Walk<'a> {
    aggressor: Aggressor<'a>,
    orders: &'a Orders,
    passed_over: &'a [Handle],
    left: i64,
    steps: Vec<Step>,
}

/// An order at a price that is shared out: what remains of it and what of that it shows.
struct Present {
    resting: Handle,
    remaining: i64,
    shown: i64,
}

impl<'a> Walk<'a> {
    fn along(
        aggressor: Aggressor<'a>,
        opposite: &BookSide,
        orders: &'a Orders,
        passed_over: &'a [Handle],
    ) -> Vec<Step> {
        let mut walk = Self {
            aggressor,
            orders,
            passed_over,
            left: aggressor.quantity_lots,
            steps: Vec::new(),
        };
        for level in opposite.levels_within(aggressor.price_ticks) {
            if walk.left == 0 {
                break;
            }
            match opposite.pro_rata {
                None => walk.meet_level(level),
                Some(rule) => walk.share_level(rule, opposite.top, level),
            }
        }
        walk.steps
    }

    /// Meet the orders of one queue, icebergs again with each slice.
    fn meet_level(&mut self, level: &Level) {
        let mut again: VecDeque<(Handle, i64)> = VecDeque::new(); // with what remains of them
        let mut queue = level.queue(self.orders);
        while self.left > 0 {
            let (resting, remaining, shown) = if let Some(resting) = queue.next() {
                if self.passes_over(resting) {
                    continue;
                }
                let order = &self.orders[resting];
                (resting, order.remaining_lots, shown_or_all(order))
            } else if let Some((resting, remaining)) = again.pop_front() {
                (
                    resting,
                    remaining,
                    slice_lots(&self.orders[resting]).min(remaining),
                )
            } else {
                return;
            };
            if self.aggressor.is_of_the_group_of(&self.orders[resting]) {
                self.meet_own(resting);
                continue;
            }
            let lots = self.left.min(shown);
            self.trade(resting, lots);
            if lots == shown && remaining > lots {
                again.push_back((resting, remaining - lots));
            }
        }
    }

    /// As `meet_level`, pro rata: orders of the aggressor's own group are met first.
    fn share_level(&mut self, rule: ProRata, top: Option<Handle>, level: &Level) {
        let mut present = self.present(level);
        let mut top = present.iter().position(|one| Some(one.resting) == top);
        while self.left > 0 && !present.is_empty() {
            let shown: Vec<i64> = present.iter().map(|one| one.shown).collect();
            let taken = shares(rule, self.left, &shown, top);
            let mut again = Vec::new();
            for (one, lots) in present.into_iter().zip(taken) {
                if lots > 0 {
                    self.trade(one.resting, lots);
                }
                if lots == one.shown && one.remaining > lots {
                    let remaining = one.remaining - lots;
                    let shown = slice_lots(&self.orders[one.resting]).min(remaining);
                    again.push(Present {
                        resting: one.resting,
                        remaining,
                        shown,
                    });
                }
            }
            (present, top) = (again, None); // a new slice has lost its place, and the top
        }
    }

    /// Who takes part where a level is shared out; none when its own group has taken all that is left.
    fn present(&mut self, level: &Level) -> Vec<Present> {
        let mut present = Vec::new();
        for resting in level.queue(self.orders) {
            if self.left == 0 {
                return Vec::new();
            }
            if self.passes_over(resting) {
                continue;
            }
            let order = &self.orders[resting];
            if self.aggressor.is_of_the_group_of(order) {
                self.meet_own(resting);
            } else {
                present.push(Present {
                    resting,
                    remaining: order.remaining_lots,
                    shown: shown_or_all(order),
                });
            }
        }
        present
    }

    /// Two orders of one group meet: what the aggressor's mode says.
    fn meet_own(&mut self, resting: Handle) {
        let mode = self
            .aggressor
            .special
            .map_or(StpMode::CancelAggressor, |special| special.stp_mode);
        let (deed, lots, left) = match mode {
            StpMode::CancelAggressor => (Deed::CancelAggressor, 0, 0),
            StpMode::CancelBoth => (Deed::CancelBoth, 0, 0),
            StpMode::CancelResting => (Deed::CancelResting, 0, self.left),
            StpMode::Decrement => {
                let lots = self.left.min(self.orders[resting].remaining_lots);
                (Deed::Decrement, lots, self.left - lots)
            }
        };
        self.steps.push(Step { resting, lots, deed });
        self.left = left;
    }

    fn trade(&mut self, resting: Handle, lots: i64) {
        self.steps.push(Step {
            resting,
            lots,
            deed: Deed::Trade,
        });
        self.left -= lots;
    }

    fn passes_over(&self, resting: Handle) -> bool {
        self.passed_over.contains(&resting) || is_too_little(self.left, &self.orders[resting])
    }
}

/// What an order shows; of a hidden one all.
fn shown_or_all(order: &Order) -> i64 {
    match order.displayed_lots() {
        0 => order.remaining_lots,
        shown => shown,
    }
}

/// Whether an order that rests won't trade with one that has so little left.
fn is_too_little(left: i64, resting: &Order) -> bool {
    left < resting.least_lots().min(resting.remaining_lots)
}

/// The first order of a plan that would trade less than its minimum.
fn falls_short(steps: &[Step], orders: &Orders) -> Option<Handle> {
    let wanting = |step: &&Step| step.deed == Deed::Trade && orders[step.resting].least_lots() > 0;
    steps
        .iter()
        .filter(wanting)
        .map(|step| step.resting)
        .find(|&resting| {
            let trades = steps
                .iter()
                .filter(|step| step.deed == Deed::Trade && step.resting == resting);
            is_too_little(trades.map(|step| step.lots).sum(), &orders[resting])
        })
}
