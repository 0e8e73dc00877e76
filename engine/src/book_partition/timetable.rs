//! An instrument's timetable: at which time of every day which phase comes. Times of day are in UTC.

use std::collections::BTreeMap;

use crate::book::terms::Phase;

pub const DAY_MS: i64 = 86_400_000;

/// A halt is somebody's decision, and an interruption the market's: no time of day brings them.
pub fn is_unschedulable(phase: Phase) -> bool {
    matches!(phase, Phase::Halted | Phase::VolatilityAuction)
}

/// The phases whose time has come after `before_ms` and up to `now_ms`, milliseconds since 1970, in order.
///
/// After more than a day without time each once, as the last day has them. With no time before (0), only the
/// last one.
pub fn due(timetable: &BTreeMap<i64, Phase>, before_ms: i64, now_ms: i64) -> Vec<Phase> {
    let begin_ms = before_ms.max(now_ms - DAY_MS);
    let mut found: Vec<(i64, Phase)> = timetable
        .iter()
        .map(|(&time_ms, &phase)| (last(time_ms, now_ms), phase))
        .filter(|&(at_ms, _)| at_ms > begin_ms)
        .collect();
    found.sort_unstable();
    let skipped = if before_ms == 0 {
        found.len().saturating_sub(1)
    } else {
        0
    };
    found.into_iter().skip(skipped).map(|(_, phase)| phase).collect()
}

/// The last moment, up to now, that had this time of day.
fn last(time_of_day_ms: i64, now_ms: i64) -> i64 {
    now_ms - (now_ms - time_of_day_ms).rem_euclid(DAY_MS)
}
