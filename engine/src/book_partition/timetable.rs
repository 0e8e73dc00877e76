//! An instrument's timetable: at which time of every day which phase comes. Times of day are in UTC.

use std::collections::BTreeMap;

use crate::wire::vocabulary::Phase;

pub const DAY_MS: i64 = 86_400_000;

/// A halt, or the end, is somebody's decision, an interruption the market's: no time of day brings them.
pub fn is_schedulable(phase: Phase) -> bool {
    !matches!(phase, Phase::Halted | Phase::VolatilityAuction | Phase::Retired)
}

/// The phases whose time has come after `before_ms` and up to `now_ms`, in order; with no time before (0) only
/// the last one.
pub fn due(timetable: &BTreeMap<i64, Phase>, before_ms: i64, now_ms: i64) -> Vec<Phase> {
    let begin_ms = before_ms.max(now_ms - DAY_MS);
    let last = |time_of_day_ms: i64| now_ms - (now_ms - time_of_day_ms).rem_euclid(DAY_MS);
    let each = timetable.iter().map(|(&time_ms, &phase)| (last(time_ms), phase));
    let mut found: Vec<_> = each.filter(|&(at_ms, _)| at_ms > begin_ms).collect();
    found.sort_unstable();
    let skipped = if before_ms == 0 {
        found.len().saturating_sub(1)
    } else {
        0
    };
    found.into_iter().skip(skipped).map(|(_, phase)| phase).collect()
}
