//! Why risk refuses a command.

use crate::wire::vocabulary::Reason;

/// A reason, with the numbers that explain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub bound: i128,
    pub actual: i128,
}

/// What a check comes to. Checks follow one another with `?`, where the reference has `or`.
pub type Checked = Result<(), Refusal>;

impl Refusal {
    pub fn new(reason: Reason, bound: impl Into<i128>, actual: impl Into<i128>) -> Self {
        Self {
            reason,
            bound: bound.into(),
            actual: actual.into(),
        }
    }

    /// A reason that needs no numbers.
    pub fn plain(reason: Reason) -> Self {
        Self::new(reason, 0, 0)
    }

    fn place(&self) -> (usize, i128, i128) {
        (self.reason.precedence(), self.bound, self.actual)
    }
}

/// The one that precedes: of several checks that each found their own.
pub fn lowest(checks: impl IntoIterator<Item = Checked>) -> Checked {
    let refusals = checks.into_iter().filter_map(Checked::err);
    match refusals.min_by_key(Refusal::place) {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}
