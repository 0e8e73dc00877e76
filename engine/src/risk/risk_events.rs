//! What a risk desk is told: one function for each thing that happens. It goes to a partition of this shard's
//! own, which nobody has to read.

use std::collections::BTreeMap;

use crate::machine::streams::Outbox;
use crate::wire::messages::{
    LimitBreached, LimitNear, QuotesPulled, RiskLimitChanged, SessionSilent, TradingStopped,
};
use crate::wire::vocabulary::{KillScope, Reason};

use super::guards::{Breach, Episode};
use super::keys::PublicKey;
use super::model::Risk;
use super::named::ParticipantId;
use super::refusal::Refusal;

pub const NEAR_PERCENT: i128 = 90;
pub const AWAY_PERCENT: i128 = 80;

/// Whether a refusal says more of who sends than of what was sent: `BREACHES` of the reference.
fn is_breach(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AccountCloseOnly
            | Reason::AccountSuspended
            | Reason::Killed
            | Reason::Protected
            | Reason::Disconnected
            | Reason::PriceLow
            | Reason::PriceHigh
            | Reason::QuantityHigh
            | Reason::NotionalLimit
            | Reason::OrderSizeLimit
            | Reason::PriceCollar
            | Reason::CancelRatioLimit
            | Reason::PositionLimit
            | Reason::OpenNotionalLimit
            | Reason::CreditLimit
            | Reason::OpenOrdersLimit
            | Reason::Balance
            | Reason::CommandsInFlightLimit
            | Reason::OrderRateLimit
    )
}

/// Count it where it is a breach; `second_over` tells. `account_id` is the participant's: a command about
/// another's is no breach.
pub fn refused(risk: &mut Risk, participant: ParticipantId, account_id: &str, refusal: Refusal) {
    if !is_breach(refusal.reason) {
        return;
    }
    if risk.breaches.is_empty() {
        risk.breaches_second = risk.time_ms.div_euclid(1000);
    }
    let account = risk.accounts.known(account_id);
    let breach = Breach {
        count: 1,
        account,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    risk.breaches
        .entry((participant, refusal.reason))
        .and_modify(|before| {
            *before = Breach {
                count: before.count + 1,
                ..breach
            };
        })
        .or_insert(breach);
}

/// At each tick: tell what was counted, if it was in an earlier second.
pub fn second_over(risk: &mut Risk, out: &mut Outbox) {
    if !risk.breaches.is_empty() && risk.time_ms.div_euclid(1000) != risk.breaches_second {
        tell_breaches(risk, out);
    }
}

/// All that were counted.
pub fn tell_breaches(risk: &mut Risk, out: &mut Outbox) {
    let second = risk.breaches_second;
    let breaches = std::mem::take(&mut risk.breaches);
    for (participant, reason, breach) in by_name(risk, &breaches) {
        let breached = LimitBreached {
            time_ms: second * 1000,
            participant_id: risk.participants.name(participant),
            reason,
            count: breach.count,
            account_id: risk.accounts.name(breach.account),
            bound: breach.bound,
            actual: breach.actual,
        };
        out.send(&risk.desk, &breached);
    }
}

/// By the participant's name and by reason.
pub fn by_name(
    risk: &Risk,
    breaches: &BTreeMap<(ParticipantId, Reason), Breach>,
) -> Vec<(ParticipantId, Reason, Breach)> {
    let mut found: Vec<_> = breaches
        .iter()
        .map(|(&(participant, reason), &breach)| (participant, reason, breach))
        .collect();
    found.sort_by_key(|&(participant, reason, _)| (risk.participants.name(participant), reason));
    found
}

/// `used` of `bound` are used now; beyond it commands are refused for the episode's reason, which is an episode
/// where there can be one such limit.
pub fn limit_used(
    risk: &mut Risk,
    participant: ParticipantId,
    episode: impl Into<Episode>,
    bound: impl Into<i128>,
    used: impl Into<i128>,
    out: &mut Outbox,
) {
    let (episode, bound, used) = (episode.into(), bound.into(), used.into());
    if !is_above(used, bound, NEAR_PERCENT) || risk.participants[participant].near.contains(&episode) {
        return;
    }
    risk.participants[participant].near.push(episode);
    risk.near.insert(participant);
    let near = LimitNear {
        time_ms: risk.time_ms,
        participant_id: risk.participants.name(participant),
        reason: episode.reason,
        bound,
        used,
        account_id: episode.account.map(|account| &**risk.accounts.name(account)),
        asset_id: episode.asset.map(|asset| &**risk.assets.name(asset)),
    };
    out.send(&risk.desk, &near);
}

/// Whether more than so much of `bound` is used: used x 100 > bound x percent, where neither product has to
/// fit.
pub fn is_above(used: i128, bound: i128, percent: i128) -> bool {
    match (i64::try_from(used), i64::try_from(bound)) {
        // Most fit: a division of 128 bits takes ten times as long.
        (Ok(used), Ok(bound)) => i128::from(used) * 100 > i128::from(bound) * percent,
        _ => used > bound.div_euclid(100) * percent + bound.rem_euclid(100) * percent / 100,
    }
}

/// Commands beyond the limit are refused for `reason`; `subject`: the asset, account or instrument that it is
/// for. None: no limit. What is the same before and after is no change.
pub fn limit_changed(
    risk: &Risk,
    participant_id: &str,
    reason: Reason,
    subject: &str,
    (before, after): (Option<i128>, Option<i128>),
    out: &mut Outbox,
) {
    if before != after {
        let changed = RiskLimitChanged {
            time_ms: risk.time_ms,
            participant_id,
            reason,
            subject,
            before,
            after,
        };
        out.send(&risk.desk, &changed);
    }
}

pub fn trading_stopped(risk: &Risk, scope: KillScope, name: &str, on: bool, asked: i64, out: &mut Outbox) {
    let stopped = TradingStopped {
        time_ms: risk.time_ms,
        scope,
        name,
        on,
        asked,
    };
    out.send(&risk.desk, &stopped);
}

pub fn session_silent(
    risk: &Risk,
    participant: ParticipantId,
    public_key: &PublicKey,
    after_ms: i64,
    asked: i64,
    out: &mut Outbox,
) {
    let silent = SessionSilent {
        time_ms: risk.time_ms,
        participant_id: risk.participants.name(participant),
        public_key,
        after_ms,
        asked,
    };
    out.send(&risk.desk, &silent);
}

/// `filled`: lots and fills.
pub fn quotes_pulled(
    risk: &Risk,
    participant: ParticipantId,
    quote_group: &str,
    (lots, fills): (i64, i64),
    asked: i64,
    out: &mut Outbox,
) {
    let pulled = QuotesPulled {
        time_ms: risk.time_ms,
        participant_id: risk.participants.name(participant),
        quote_group,
        lots,
        fills,
        asked,
    };
    out.send(&risk.desk, &pulled);
}

#[cfg(test)]
mod tests {
    use super::is_above;

    #[test]
    fn a_bound_whose_product_does_not_fit_is_compared_as_any_other() {
        let exact = |used: i128, bound: i128| used > bound / 10 * 9 + bound % 10 * 9 / 10;
        for bound in [
            0,
            1,
            9,
            10,
            11,
            99,
            101,
            i128::from(i64::MAX),
            i128::MAX - 7,
            i128::MAX,
        ] {
            let ninety = bound / 10 * 9 + bound % 10 * 9 / 10;
            for used in [0, ninety - 1, ninety, ninety + 1, bound] {
                assert_eq!(is_above(used, bound, 90), exact(used, bound), "{used} of {bound}");
            }
        }
    }
}
