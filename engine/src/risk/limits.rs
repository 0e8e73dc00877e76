//! The limits of a participant: set by the genesis and by operators, told with how much of them is used, and
//! no longer held to be nearly used up.

use std::collections::BTreeMap;

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    AccountTold, LimitChanged, LimitRefused, LimitTold, LimitsTold, SetLimit, SetLimitForOperator,
    ShowLimitsForOperator,
};
use crate::wire::vocabulary::{LimitKind, Reason};

use super::DECISIONS;
use super::cancel_ratio::cancels_allowed;
use super::caps::{CANCEL_WINDOW_TICKS, CANCELS_FREE, CancelRatio, Caps};
use super::exposure::{WHOLE, caps_of, position};
use super::guards::Episode;
use super::model::Risk;
use super::named::{AssetId, ParticipantId};
use super::risk_events::{AWAY_PERCENT, is_above, limit_changed};

const COUNT_MAX: i128 = (1 << 32) - 1;

/// A limit that a decision names, and that there is.
#[derive(Clone, Copy, Debug)]
struct Wanted<'a> {
    participant: ParticipantId,
    kind: LimitKind,
    /// WHOLE: of the participant.
    account_id: &'a str,
    /// None: not one of an asset.
    asset: Option<AssetId>,
}

impl Wanted<'_> {
    fn of_asset(&self) -> AssetId {
        self.asset.expect("a limit of an asset names it")
    }
}

fn is_of_assets(kind: LimitKind) -> bool {
    matches!(
        kind,
        LimitKind::OrderNotional
            | LimitKind::OrderSize
            | LimitKind::Position
            | LimitKind::OpenNotional
            | LimitKind::Credit
    )
}

/// What is refused beyond a limit: `REFUSED_FOR` of the reference.
fn refused_for(kind: LimitKind) -> Reason {
    match kind {
        LimitKind::OpenOrders => Reason::OpenOrdersLimit,
        LimitKind::CommandsInFlight => Reason::CommandsInFlightLimit,
        LimitKind::OrdersPerS => Reason::OrderRateLimit,
        LimitKind::OrderNotional => Reason::NotionalLimit,
        LimitKind::OrderSize => Reason::OrderSizeLimit,
        LimitKind::Position => Reason::PositionLimit,
        LimitKind::OpenNotional => Reason::OpenNotionalLimit,
        LimitKind::Credit => Reason::CreditLimit,
        LimitKind::CancelsPer100Orders | LimitKind::CancelWindowTicks | LimitKind::CancelsFree => {
            Reason::CancelRatioLimit
        }
    }
}

/// Every kind, by its number.
fn kinds() -> impl Iterator<Item = LimitKind> {
    (1..).map_while(LimitKind::from_number)
}

/// From the genesis: about something that was never defined it changes nothing.
pub fn set_limit(risk: &mut Risk, event: &SetLimit<'_>, _out: &mut Outbox) -> Handled {
    let participant = risk.participants.known(event.participant_id);
    let named = (event.account_id, event.asset_id);
    if let Ok((wanted, bound)) = wanted(risk, participant, event.kind, named, event.bound) {
        change(risk, wanted, bound);
    }
    Ok(())
}

pub fn set_limit_for_operator(risk: &mut Risk, event: &SetLimitForOperator<'_>, out: &mut Outbox) -> Handled {
    let participant = risk.participants.known(event.participant_id);
    let named = (event.account_id, event.asset_id);
    let (wanted, bound) = match wanted(risk, participant, event.kind, named, event.bound) {
        Ok(wanted) => wanted,
        Err(reason) => {
            let refused = LimitRefused {
                public_key: event.public_key,
                epoch: event.epoch,
                sequence: event.sequence,
                risk_shard: risk.shard,
                reason,
            };
            out.send(DECISIONS, &refused);
            return Ok(());
        }
    };
    let before = bound_of(risk, wanted);
    change(risk, wanted, bound);
    let after = bound_of(risk, wanted);
    let changed = LimitChanged {
        public_key: event.public_key,
        epoch: event.epoch,
        sequence: event.sequence,
        risk_shard: risk.shard,
        before: before.map(i128::unsigned_abs),
        after: after.map(i128::unsigned_abs),
    };
    out.send(DECISIONS, &changed);
    let subject = event.account_id.or(event.asset_id).unwrap_or("");
    let reason = refused_for(wanted.kind);
    limit_changed(risk, event.participant_id, reason, subject, (before, after), out);
    Ok(())
}

pub fn show_limits(risk: &mut Risk, event: &ShowLimitsForOperator<'_>, out: &mut Outbox) -> Handled {
    let participant = risk.participants.known(event.participant_id);
    let mut told = 0;
    for wanted in all(risk, participant) {
        if let Some(bound) = bound_of(risk, wanted) {
            told += 1;
            let limit = LimitTold {
                public_key: event.public_key,
                epoch: event.epoch,
                sequence: event.sequence,
                account_id: Some(wanted.account_id).filter(|name| !name.is_empty()),
                kind: wanted.kind,
                asset_id: wanted.asset.map(|asset| &**risk.assets.name(asset)),
                bound: bound.unsigned_abs(),
                actual: used(risk, wanted),
            };
            out.send(DECISIONS, &limit);
        }
    }
    let accounts = risk.participants[participant].accounts.iter().copied();
    for account in risk.accounts.sort(accounts) {
        told += 1;
        let account = AccountTold {
            public_key: event.public_key,
            epoch: event.epoch,
            sequence: event.sequence,
            account_id: risk.accounts.name(account),
            state: risk.accounts[account].state,
        };
        out.send(DECISIONS, &account);
    }
    let all_told = LimitsTold {
        public_key: event.public_key,
        epoch: event.epoch,
        sequence: event.sequence,
        told,
    };
    out.send(DECISIONS, &all_told);
    Ok(())
}

/// A second of the exchange's time begins: of limits of which the desk was told that they were near, those
/// that are well below by now, or are no more, may be told again.
pub fn forget_what_is_far(risk: &mut Risk) {
    for participant in std::mem::take(&mut risk.near) {
        let mut near = std::mem::take(&mut risk.participants[participant].near);
        near.retain(|episode| is_near(risk, participant, episode));
        if !near.is_empty() {
            risk.near.insert(participant);
            risk.participants[participant].near = near;
        }
    }
}

/// What bounds a single order is used up by none: `used` is 0.
fn is_near(risk: &Risk, participant: ParticipantId, episode: &Episode) -> bool {
    // Of two kinds the first: cancels for each order.
    let kind = kinds().find(|&kind| refused_for(kind) == episode.reason);
    let wanted = Wanted {
        participant,
        kind: kind.expect("an episode is one of a limit"),
        account_id: episode
            .account
            .map_or(WHOLE, |account| risk.accounts.name(account)),
        asset: episode.asset,
    };
    let Some(bound) = bound_of(risk, wanted) else {
        return false;
    };
    let ratio = risk.participants[participant].cancel_ratio.as_deref();
    let (used, bound) = match ratio {
        Some(ratio) if episode.reason == Reason::CancelRatioLimit => {
            let per_100_orders = i64::try_from(bound).expect("it is a count");
            let (allowed, cancels) = cancels_allowed(risk.tick, ratio, per_100_orders);
            (cancels, allowed)
        }
        _ => (used(risk, wanted), bound),
    };
    is_above(used, bound, AWAY_PERCENT)
}

/// What is to be changed, and to what, or why it can't be. `named`: an account and an asset.
fn wanted<'a>(
    risk: &Risk,
    participant: ParticipantId,
    kind: i64,
    (account_id, asset_id): (Option<&'a str>, Option<&str>),
    bound: Option<u128>,
) -> Result<(Wanted<'a>, Option<i128>), Reason> {
    let kind = LimitKind::from_number(kind).ok_or(Reason::LimitUnknown)?;
    if account_id.is_some() && kind != LimitKind::Position {
        return Err(Reason::LimitUnknown);
    }
    if asset_id.is_some() != is_of_assets(kind) {
        return Err(Reason::LimitUnknown);
    }
    let asset = asset_id.map(|asset_id| risk.assets.find(asset_id));
    let is_defined = |asset: &Option<AssetId>| asset.is_some_and(|asset| risk.assets[asset].is_some());
    if asset.is_some_and(|asset| !is_defined(&asset)) {
        return Err(Reason::AssetUnknown);
    }
    let is_needed = matches!(kind, LimitKind::OpenOrders | LimitKind::CommandsInFlight);
    let not_zero = matches!(kind, LimitKind::OrdersPerS | LimitKind::CancelWindowTicks);
    if (bound.is_none() && is_needed) || (bound == Some(0) && not_zero) {
        return Err(Reason::LimitNeeded);
    }
    let most = if is_of_assets(kind) { i128::MAX } else { COUNT_MAX };
    if bound.is_some_and(|bound| bound > most.unsigned_abs()) {
        return Err(Reason::Overflow);
    }
    let wanted = Wanted {
        participant,
        kind,
        account_id: account_id.unwrap_or(WHOLE),
        asset: asset.flatten(),
    };
    Ok((wanted, bound.map(|bound| bound as i128)))
}

/// As it is now; None: no limit.
fn bound_of(risk: &Risk, wanted: Wanted<'_>) -> Option<i128> {
    let participant = &risk.participants[wanted.participant];
    let (caps, ratio) = (participant.caps.as_deref(), participant.cancel_ratio.as_deref());
    match wanted.kind {
        LimitKind::OpenOrders => Some(participant.open_orders_max.into()),
        LimitKind::CommandsInFlight => Some(participant.commands_in_flight_max.into()),
        LimitKind::OrdersPerS => Some(participant.orders_per_s_max.into()).filter(|&most| most != 0),
        LimitKind::OrderNotional => participant.notional_max.get(&wanted.of_asset()).copied(),
        LimitKind::Position => caps?.position_max(wanted.account_id, wanted.of_asset()),
        LimitKind::OrderSize => caps?.order_size.get(&wanted.of_asset()).copied(),
        LimitKind::OpenNotional => caps?.open_notional.get(&wanted.of_asset()).copied(),
        LimitKind::Credit => caps?.credit.get(&wanted.of_asset()).copied(),
        LimitKind::CancelsPer100Orders => ratio?.per_100_orders.map(i128::from),
        LimitKind::CancelWindowTicks => Some(ratio?.window_ticks.into()),
        LimitKind::CancelsFree => Some(ratio?.free.into()),
    }
}

fn change(risk: &mut Risk, wanted: Wanted<'_>, bound: Option<i128>) {
    let id = wanted.participant;
    let participant = &mut risk.participants[id];
    match wanted.kind {
        LimitKind::OpenOrders => participant.open_orders_max = needed(bound),
        LimitKind::CommandsInFlight => participant.commands_in_flight_max = needed(bound),
        LimitKind::OrdersPerS => participant.orders_per_s_max = bound.map_or(0, count),
        LimitKind::OrderNotional => put(&mut participant.notional_max, wanted.of_asset(), bound),
        LimitKind::Position => put_position(caps_of(risk, id), wanted, bound),
        LimitKind::OrderSize => put(&mut caps_of(risk, id).order_size, wanted.of_asset(), bound),
        LimitKind::OpenNotional => put(&mut caps_of(risk, id).open_notional, wanted.of_asset(), bound),
        LimitKind::Credit => put(&mut caps_of(risk, id).credit, wanted.of_asset(), bound),
        LimitKind::CancelsPer100Orders | LimitKind::CancelWindowTicks | LimitKind::CancelsFree => {
            let ratio = participant.cancel_ratio.get_or_insert_default();
            change_ratio(ratio, wanted.kind, bound.map(count));
        }
    }
}

fn count(bound: i128) -> i64 {
    i64::try_from(bound).expect("it was compared with COUNT_MAX")
}

fn needed(bound: Option<i128>) -> i64 {
    count(bound.expect("every participant has it"))
}

/// What was counted in the window counts on, unless the windows have become others.
fn change_ratio(ratio: &mut CancelRatio, kind: LimitKind, bound: Option<i64>) {
    match kind {
        LimitKind::CancelsPer100Orders => ratio.per_100_orders = bound,
        LimitKind::CancelsFree => ratio.free = bound.unwrap_or(CANCELS_FREE),
        _ => {
            ratio.window_ticks = bound.unwrap_or(CANCEL_WINDOW_TICKS);
            (ratio.window, ratio.orders, ratio.cancels) = (0, 0, 0);
        }
    }
}

fn put(bounds: &mut BTreeMap<AssetId, i128>, asset: AssetId, bound: Option<i128>) {
    match bound {
        Some(bound) => {
            bounds.insert(asset, bound);
        }
        None => {
            bounds.remove(&asset);
        }
    }
}

fn put_position(caps: &mut Caps, wanted: Wanted<'_>, bound: Option<i128>) {
    let of_account = caps.position.entry(wanted.account_id.into()).or_default();
    put(of_account, wanted.of_asset(), bound);
}

/// Every limit that the participant may have now, by kind, then by account and asset.
fn all(risk: &Risk, participant: ParticipantId) -> Vec<Wanted<'_>> {
    let whole = |kind, asset| Wanted {
        participant,
        kind,
        account_id: WHOLE,
        asset,
    };
    let of = &risk.participants[participant];
    let caps = of.caps.as_deref();
    let mut found = Vec::new();
    for kind in kinds() {
        let bounds = match kind {
            LimitKind::OrderNotional => Some(&of.notional_max),
            LimitKind::OrderSize => caps.map(|caps| &caps.order_size),
            LimitKind::OpenNotional => caps.map(|caps| &caps.open_notional),
            LimitKind::Credit => caps.map(|caps| &caps.credit),
            LimitKind::Position => {
                for (account_id, bounds) in caps.iter().flat_map(|caps| &caps.position) {
                    let assets = risk.assets.sort(bounds.keys().copied());
                    found.extend(assets.into_iter().map(|asset| Wanted {
                        account_id,
                        ..whole(kind, Some(asset))
                    }));
                }
                None
            }
            _ => {
                found.push(whole(kind, None));
                None
            }
        };
        let assets = risk
            .assets
            .sort(bounds.into_iter().flat_map(BTreeMap::keys).copied());
        found.extend(assets.into_iter().map(|asset| whole(kind, Some(asset))));
    }
    found
}

fn used(risk: &Risk, wanted: Wanted<'_>) -> i128 {
    let participant = &risk.participants[wanted.participant];
    let exposure = participant.caps.as_deref().map(|caps| &caps.exposure);
    match wanted.kind {
        LimitKind::OpenOrders => participant.open_orders.into(),
        LimitKind::CommandsInFlight => (participant.unanswered - participant.given_up).into(),
        LimitKind::OrdersPerS if risk.time_ms.div_euclid(1000) == participant.second => {
            participant.orders_in_second.into()
        }
        LimitKind::CancelsPer100Orders => participant
            .cancel_ratio
            .as_deref()
            .map_or(0, |ratio| cancels_allowed(risk.tick, ratio, 0).1),
        LimitKind::Position => position_of(risk, wanted),
        LimitKind::OpenNotional => of_asset(exposure.map(|sums| &sums.notional), wanted),
        LimitKind::Credit => of_asset(exposure.map(|sums| &sums.reserved), wanted),
        _ => 0,
    }
}

fn of_asset(sums: Option<&BTreeMap<AssetId, i128>>, wanted: Wanted<'_>) -> i128 {
    let sum = sums.and_then(|sums| sums.get(&wanted.of_asset()));
    sum.copied().unwrap_or(0)
}

/// 0 of an account that is not the participant's, or is not there.
fn position_of(risk: &Risk, wanted: Wanted<'_>) -> i128 {
    let whose = match wanted.account_id {
        WHOLE => None,
        account_id => match risk.accounts.find(account_id) {
            None => return 0,
            account => account,
        },
    };
    position(risk, wanted.participant, whose, wanted.of_asset())
}
