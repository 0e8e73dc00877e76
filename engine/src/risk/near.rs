//! What an order has used of its participant's limits: the risk desk is told where it brings a bound near. A
//! limit that a participant has not got costs it nothing here. `limits::forget_what_is_far` ends an episode.

use crate::machine::streams::Outbox;
use crate::wire::vocabulary::Reason;

use super::exposure::{WHOLE, position};
use super::guards::Episode;
use super::model::Risk;
use super::named::{AccountId, AssetId, InstrumentId, ParticipantId};
use super::risk_events::limit_used;

/// `taken`: price and quantity, in ticks and lots, of orders, replaces or quotes that are counted and reserved
/// for. Open orders, the orders of a second and cancels are told where they are counted.
pub fn tell_near(
    risk: &mut Risk,
    account: AccountId,
    instrument: InstrumentId,
    taken: &[(i64, i64)],
    out: &mut Outbox,
) {
    let id = risk.accounts[account].participant;
    let participant = &risk.participants[id];
    let bound = participant.commands_in_flight_max;
    let waiting = participant.unanswered - participant.given_up;
    limit_used(risk, id, Reason::CommandsInFlightLimit, bound, waiting, out);
    let participant = &risk.participants[id];
    let quote_asset = risk.instruments[instrument].quote_asset;
    if let Some(&bound) = participant.notional_max.get(&quote_asset) {
        let largest = taken
            .iter()
            .map(|&(price_ticks, lots)| i128::from(price_ticks) * i128::from(lots))
            .max();
        let notional = largest.expect("something was taken") * risk.instruments[instrument].tick_lot_units;
        let episode = of_asset(Reason::NotionalLimit, quote_asset);
        limit_used(risk, id, episode, bound, notional, out);
    }
    if risk.participants[id].caps.is_some() {
        tell_size(risk, id, instrument, taken, out);
        tell_positions(risk, account, instrument, out);
        tell_sums(risk, id, instrument, out);
    }
}

fn of_asset(reason: Reason, asset: AssetId) -> Episode {
    Episode {
        asset: Some(asset),
        ..Episode::from(reason)
    }
}

fn tell_size(
    risk: &mut Risk,
    participant: ParticipantId,
    instrument: InstrumentId,
    taken: &[(i64, i64)],
    out: &mut Outbox,
) {
    let instrument = &risk.instruments[instrument];
    let asset = instrument.base_asset;
    let caps = risk.participants[participant].caps.as_deref();
    if let Some(&bound) = caps.and_then(|caps| caps.order_size.get(&asset)) {
        let lots = taken.iter().map(|&(_, lots)| lots).max();
        let size = i128::from(lots.expect("something was taken")) * instrument.lot_units;
        let episode = of_asset(Reason::OrderSizeLimit, asset);
        limit_used(risk, participant, episode, bound, size, out);
    }
}

fn tell_positions(risk: &mut Risk, account: AccountId, instrument: InstrumentId, out: &mut Outbox) {
    let participant = risk.accounts[account].participant;
    let asset = risk.instruments[instrument].base_asset;
    for whose in [Some(account), None] {
        let account_id = whose.map_or(WHOLE, |account| risk.accounts.name(account));
        let caps = risk.participants[participant].caps.as_deref();
        if let Some(bound) = caps.and_then(|caps| caps.position_max(account_id, asset)) {
            let used = position(risk, participant, whose, asset);
            let episode = Episode {
                account: whose,
                ..of_asset(Reason::PositionLimit, asset)
            };
            limit_used(risk, participant, episode, bound, used, out);
        }
    }
}

fn tell_sums(risk: &mut Risk, participant: ParticipantId, instrument: InstrumentId, out: &mut Outbox) {
    let instrument = &risk.instruments[instrument];
    let (base, quote) = (instrument.base_asset, instrument.quote_asset);
    for (reason, asset) in [
        (Reason::OpenNotionalLimit, quote),
        (Reason::CreditLimit, base),
        (Reason::CreditLimit, quote),
    ] {
        let caps = risk.participants[participant].caps.as_deref();
        let caps = caps.expect("its caller has looked");
        let (bounds, sums) = match reason {
            Reason::OpenNotionalLimit => (&caps.open_notional, &caps.exposure.notional),
            _ => (&caps.credit, &caps.exposure.reserved),
        };
        if let Some(&bound) = bounds.get(&asset) {
            let used = sums.get(&asset).copied().unwrap_or(0);
            limit_used(risk, participant, of_asset(reason, asset), bound, used, out);
        }
    }
}
