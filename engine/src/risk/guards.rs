//! What risk keeps of sessions that may not fall silent, of protected quote groups, of refused commands, of
//! kill switches.

use std::collections::BTreeMap;

use crate::wire::vocabulary::{KillScope, Reason};

use super::named::{AccountId, AssetId, ParticipantId};

/// Of a session that has asked for cancel on disconnect. Milliseconds are the exchange's, as ticks count them.
#[derive(Clone, Debug)]
pub struct Watch {
    pub participant: ParticipantId,
    pub after_ms: i64,
    /// Since the session's last event; once it is over it stays what it was.
    pub silent_ms: i64,
}

impl Watch {
    /// The session has been silent for too long, and is taken for gone.
    pub fn is_over(&self) -> bool {
        self.silent_ms > self.after_ms
    }
}

/// What was filled at one time that a tick brought.
#[derive(Clone, Copy, Debug)]
pub struct Filled {
    pub time_ms: i64,
    pub lots: i128,
    pub fills: i64,
}

/// Of one quote group of one participant.
#[derive(Clone, Debug)]
pub struct Protection {
    pub window_ms: i64,
    /// 0: any number; as `fills_max`.
    pub lots_max: i64,
    pub fills_max: i64,
    /// Oldest first, one for each time.
    pub filled: Vec<Filled>,
    /// The limit that was reached, and what was filled of it.
    pub tripped_by: Option<(i64, i128)>,
}

impl Protection {
    pub fn new(window_ms: i64, lots_max: i64, fills_max: i64) -> Self {
        Self {
            window_ms,
            lots_max,
            fills_max,
            filled: Vec::new(),
            tripped_by: None,
        }
    }

    /// One fill; forget those that the window has left behind.
    pub fn count(&mut self, time_ms: i64, lots: i64) {
        let begin_ms = time_ms - self.window_ms;
        let kept = self.filled.iter().position(|filled| filled.time_ms > begin_ms);
        self.filled.drain(..kept.unwrap_or(self.filled.len()));
        match self.filled.last_mut() {
            Some(last) if last.time_ms == time_ms => {
                last.lots += i128::from(lots);
                last.fills += 1;
            }
            _ => self.filled.push(Filled {
                time_ms,
                lots: lots.into(),
                fills: 1,
            }),
        }
    }

    /// Lots and fills within the window, as of the last fill.
    pub fn totals(&self) -> (i128, i64) {
        let lots = self.filled.iter().map(|filled| filled.lots).sum();
        (lots, self.filled.iter().map(|filled| filled.fills).sum())
    }
}

/// How many commands of one participant were refused for one reason, and the numbers of the last one.
#[derive(Clone, Copy, Debug)]
pub struct Breach {
    pub count: i64,
    pub account: AccountId,
    pub bound: i128,
    pub actual: i128,
}

/// A limit of a participant that is nearly used up, and the desk has been told. Of which account, where it
/// is not the participant's, and of which asset, where it is of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    pub reason: Reason,
    pub account: Option<AccountId>,
    pub asset: Option<AssetId>,
}

/// Of the participant's limit, of no asset.
impl From<Reason> for Episode {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            account: None,
            asset: None,
        }
    }
}

/// The kill switches that are on, by what they stop, and since when, in the exchange's time.
#[derive(Clone, Debug, Default)]
pub struct Kills {
    since_ms: BTreeMap<KillScope, BTreeMap<Box<str>, i64>>,
}

impl Kills {
    pub fn is_empty(&self) -> bool {
        self.since_ms.is_empty()
    }

    /// Since when it is on, if it is.
    pub fn since_ms(&self, scope: KillScope, name: &str) -> Option<i64> {
        self.since_ms.get(&scope)?.get(name).copied()
    }

    /// One that is on already keeps its time.
    pub fn turn_on(&mut self, scope: KillScope, name: &str, time_ms: i64) {
        self.since_ms
            .entry(scope)
            .or_default()
            .entry(name.into())
            .or_insert(time_ms);
    }

    /// Whether it was on.
    pub fn turn_off(&mut self, scope: KillScope, name: &str) -> bool {
        let Some(of_scope) = self.since_ms.get_mut(&scope) else {
            return false;
        };
        let was_on = of_scope.remove(name).is_some();
        if of_scope.is_empty() {
            self.since_ms.remove(&scope);
        }
        was_on
    }

    /// By scope and name.
    pub fn iter(&self) -> impl Iterator<Item = (KillScope, &str, i64)> {
        let scopes = self.since_ms.iter();
        scopes.flat_map(|(&scope, names)| names.iter().map(move |(name, &since)| (scope, &**name, since)))
    }
}
