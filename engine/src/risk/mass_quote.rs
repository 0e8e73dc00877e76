//! MassQuote: check all of it, then enter, change and withdraw its quotes, all or none. The reference says what
//! a quote means.

use crate::machine::streams::Outbox;
use crate::wire::messages::{MassQuote, Quote, QuoteToSet, QuotesRejected, SetQuotes};
use crate::wire::vocabulary::{OrderType, Phase, Reason, Side, TimeInForce};

use super::accounts::{check_account, check_account_cancels};
use super::cancel::{count_cancel, reject_cancel};
use super::cancel_ratio::{check_cancel_ratio, count_canceled, count_placed};
use super::checks::{
    check_available, check_client_order_id, check_numbers, check_open_orders, check_phase, check_side,
    check_total, check_windows, owned_account,
};
use super::collar::check_collar;
use super::disconnect::check_connected;
use super::exposure::{Change, check_exposure};
use super::kill_switch::check_kill_switch;
use super::model::{Order, Risk};
use super::named::{AccountId, ParticipantId};
use super::near::tell_near;
use super::order_terms::{check_name, check_slice};
use super::place::{known_instrument, take, tell_open_orders};
use super::protection::check_protection;
use super::quote_sets::{Desk, Set, change, new_of, sets};
use super::rate::{check_rate, count_order};
use super::refusal::{Checked, Refusal, lowest};
use super::replace::check_in_flight;
use super::reservation::{reserve, sums};
use super::risk_events::refused;

/// One command's work has a bound: that of so many orders.
const QUOTES_MAX: usize = 32;
/// What the wire holds. Only a quote that is filled up again and again may come near it.
const TOTAL_LOTS_MAX: i128 = 1 << 62;

/// Why, and the quote that was the reason.
type Refused<'m> = (Refusal, Option<&'m str>);

/// Of all quotes together.
fn whole<'m>(refusal: Refusal) -> Refused<'m> {
    (refusal, None)
}

pub fn mass_quote(risk: &mut Risk, participant: ParticipantId, command: &MassQuote<'_>, out: &mut Outbox) {
    if let Err((refusal, client_order_id)) = quote(risk, participant, command, out) {
        refused(risk, participant, command.account_id, refusal);
        reject_quotes(risk, participant, command, client_order_id, refusal, out);
    }
}

/// Tell that a mass quote is not taken.
pub fn reject_quotes(
    risk: &Risk,
    participant: ParticipantId,
    command: &MassQuote<'_>,
    client_order_id: Option<&str>,
    refusal: Refusal,
    out: &mut Outbox,
) {
    let told = QuotesRejected {
        last_sequence: risk.participants[participant].last_sequence,
        request_id: command.request_id,
        account_id: command.account_id,
        client_order_id,
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    out.say(risk.reports(participant), &told);
}

fn quote<'m>(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &MassQuote<'m>,
    out: &mut Outbox,
) -> Result<(), Refused<'m>> {
    let desk = check_who(risk, participant, command).map_err(whole)?;
    check_each(risk, &desk)?;
    let sets = sets(risk, &desk);
    if let Err(refused) = check_limits(risk, &desk, &sets).and_then(|()| check_together(command)) {
        for set in sets.iter().filter(|set| set.is_new) {
            risk.orders.discard(set.order);
        }
        return Err(refused);
    }
    count_order(risk, participant, sets.len() as i64, out);
    count_placed(risk, participant, new_of(&sets));
    let quotes: Vec<_> = command
        .quotes
        .iter()
        .filter_map(|quote| {
            match sets
                .iter()
                .find(|set| set.client_order_id == quote.client_order_id)
            {
                Some(set) => Some(send(risk, set)),
                None => withdraw(risk, &desk, quote, out),
            }
        })
        .collect();
    if !quotes.is_empty() {
        tell_open_orders(risk, participant, out);
        let asked: Vec<_> = command
            .quotes
            .iter()
            .map(|quote| (quote.price_ticks, quote.quantity_lots))
            .collect();
        tell_near(risk, desk.account, desk.instrument, &asked, out);
        tell_book(risk, &desk, quotes, out);
    }
    Ok(())
}

/// Who it is, whether that may quote, and what is to be said of all quotes together.
fn check_who<'c, 'm>(
    risk: &Risk,
    participant: ParticipantId,
    command: &'c MassQuote<'m>,
) -> Result<Desk<'c, 'm>, Refusal> {
    let account = owned_account(risk, command.account_id, participant)?;
    let only_withdraws = command.quotes.iter().all(|quote| quote.quantity_lots == 0);
    if only_withdraws {
        check_account_cancels(&risk.accounts[account])?;
    } else {
        check_account(&risk.accounts[account])?;
        check_kill_switch(risk, account, command.instrument_id)?;
        check_protection(risk, participant, command.quote_group)?;
        check_connected(risk)?;
    }
    let instrument = known_instrument(risk, command.instrument_id)?;
    // Like cancels, a mass quote that only withdraws is taken while the instrument is halted.
    if !only_withdraws || risk.instruments[instrument].phase == Phase::Closed {
        check_phase(&risk.instruments[instrument])?;
    }
    let count = command.quotes.len();
    if !(1..=QUOTES_MAX).contains(&count) {
        return Err(Refusal::new(Reason::QuoteCount, QUOTES_MAX as i64, count as i64));
    }
    Ok(Desk {
        participant,
        account,
        instrument,
        command,
    })
}

/// What quotes say by themselves: the one that precedes is told, of equal reasons the first quote's.
fn check_each<'m>(risk: &Risk, desk: &Desk<'_, 'm>) -> Result<(), Refused<'m>> {
    let quotes = desk.command.quotes.iter();
    let refused = quotes.filter_map(|quote| {
        let refusal = check_quote(risk, desk, quote).err()?;
        Some((refusal, Some(quote.client_order_id)))
    });
    match refused.min_by_key(|(refusal, _)| refusal.reason.precedence()) {
        Some(refused) => Err(refused),
        None => Ok(()),
    }
}

fn check_quote(risk: &Risk, desk: &Desk<'_, '_>, quote: &Quote<'_>) -> Checked {
    let order = risk.live(desk.account, quote.client_order_id);
    let order = order.map(|handle| &risk.orders[handle]);
    if order.is_some_and(|order| !is_quote(desk, order, quote)) {
        return Err(Refusal::plain(Reason::QuoteOther));
    }
    let side = check_side(quote.side)?;
    check_client_order_id(quote.client_order_id)?;
    if quote.quantity_lots == 0 {
        return Ok(());
    }
    let instrument = &risk.instruments[desk.instrument];
    let participant = &risk.participants[desk.participant];
    let alone = check_numbers(instrument, participant, quote.price_ticks, quote.quantity_lots)
        .and_then(|()| check_collar(instrument, side, quote.price_ticks, None));
    let Some(order) = order else {
        return alone;
    };
    let total_lots = i128::from(order.executed_lots) + i128::from(quote.quantity_lots);
    let total = if total_lots > TOTAL_LOTS_MAX {
        Err(Refusal::new(Reason::Overflow, TOTAL_LOTS_MAX, 0))
    } else {
        check_total(instrument, total_lots as i64)
    };
    let display_lots = order.terms.as_ref().and_then(|terms| terms.display_lots);
    lowest([
        alone,
        check_slice(instrument, display_lots, quote.quantity_lots),
        total,
    ])
}

fn is_quote(desk: &Desk<'_, '_>, order: &Order, quote: &Quote<'_>) -> bool {
    order.order_type == OrderType::Limit
        && order.time_in_force == TimeInForce::Gtc
        && !order.post_only
        && order.link.is_none()
        && order.instrument == desk.instrument
        && order.side.number() == quote.side
        && order
            .terms
            .as_ref()
            .is_some_and(|terms| *terms.quote_group == *desk.command.quote_group)
}

/// What the participant may have at once: of all quotes together, in order of precedence. Withdrawals count as
/// little as cancels.
fn check_limits<'m>(risk: &Risk, desk: &Desk<'_, 'm>, sets: &[Set<'m>]) -> Result<(), Refused<'m>> {
    check_sums(risk, desk, sets).map_err(whole)?;
    if let Some(repeated) = repeated(desk.command) {
        return Err((Refusal::plain(Reason::ClientOrderIdRepeated), Some(repeated)));
    }
    if sets.is_empty() {
        return Ok(());
    }
    let (instrument, participant) = (
        &risk.instruments[desk.instrument],
        &risk.participants[desk.participant],
    );
    check_windows(risk, instrument, participant, sets.len() as i64).map_err(whole)?;
    for set in sets.iter().filter(|set| !set.is_new) {
        check_in_flight(&risk.orders[set.order]).map_err(|refusal| (refusal, Some(set.client_order_id)))?;
    }
    Ok(())
}

fn check_sums(risk: &Risk, desk: &Desk<'_, '_>, sets: &[Set<'_>]) -> Checked {
    let participant = &risk.participants[desk.participant];
    let new = new_of(sets);
    if new > 0 {
        check_open_orders(participant, new)?;
    }
    if !sets.is_empty() {
        check_rate(risk, desk.participant, sets.len() as i64)?;
        check_cancel_ratio(risk, desk.participant)?;
    }
    let changes: Vec<_> = sets.iter().map(|set| change(risk, set)).collect();
    check_balance(risk, desk.account, &changes)?;
    check_exposure(risk, desk.participant, &changes)
}

/// Of each asset that they pay, over all of them, as a replace looks at one.
fn check_balance(risk: &Risk, account: AccountId, changes: &[Change]) -> Checked {
    let mut sums = sums(risk, changes);
    sums.sort_unstable_by_key(|&(asset, ..)| risk.assets.name(asset));
    for (asset, needed, held) in sums {
        let available = risk.accounts[account].available(asset) + held;
        check_available(available, needed)?;
    }
    Ok(())
}

/// What is looked at last: the name of their group, and whether they would trade with each other.
fn check_together<'m>(command: &MassQuote<'m>) -> Result<(), Refused<'m>> {
    check_name(command.quote_group, 1).map_err(whole)?;
    let on = |side: Side| {
        let quotes = command.quotes.iter();
        quotes.filter(move |quote| quote.quantity_lots != 0 && quote.side == side.number())
    };
    let Some(ask_ticks) = on(Side::Sell).map(|quote| quote.price_ticks).min() else {
        return Ok(());
    };
    match on(Side::Buy).find(|bid| bid.price_ticks >= ask_ticks) {
        Some(bid) => {
            let refusal = Refusal::new(Reason::QuotesCrossed, ask_ticks, bid.price_ticks);
            Err((refusal, Some(bid.client_order_id)))
        }
        None => Ok(()),
    }
}

/// The first name that is there a second time.
fn repeated<'m>(command: &MassQuote<'m>) -> Option<&'m str> {
    let names = command.quotes.iter().map(|quote| quote.client_order_id);
    let mut numbered = names.enumerate();
    let is_repeated = |place: usize, name: &str| {
        let before = &command.quotes[..place];
        before.iter().any(|quote| quote.client_order_id == name)
    };
    numbered.find_map(|(place, name)| is_repeated(place, name).then_some(name))
}

fn send(risk: &mut Risk, set: &Set<'_>) -> QuoteToSet {
    if set.is_new {
        take(risk, set.order);
    } else {
        let order = &mut risk.orders[set.order];
        order.amendments.push(set.version);
        let (participant, instrument) = (order.participant, order.instrument);
        risk.route(instrument).unanswered += 1;
        risk.participants[participant].unanswered += 1;
    }
    reserve(risk, set.order);
    let order = &risk.orders[set.order];
    QuoteToSet {
        order_id: order.order_id,
        side: order.side,
        price_ticks: set.version.price_ticks,
        quantity_lots: set.version.quantity_lots,
        is_new: set.is_new,
    }
}

/// None where there is nothing to end, or a cancel is on its way: its participant is told.
fn withdraw(risk: &mut Risk, desk: &Desk<'_, '_>, quote: &Quote<'_>, out: &mut Outbox) -> Option<QuoteToSet> {
    let live = risk.live(desk.account, quote.client_order_id);
    let Some(handle) = live.filter(|&handle| !risk.orders[handle].cancel_sent) else {
        let reason = match live {
            None => Reason::OrderUnknown,
            Some(_) => Reason::CancelPending,
        };
        let named = (desk.command.account_id, quote.client_order_id);
        reject_cancel(risk, desk.participant, named, Refusal::plain(reason), out);
        return None;
    };
    count_canceled(risk, desk.participant, out);
    count_cancel(risk, handle);
    let order = &risk.orders[handle];
    Some(QuoteToSet {
        order_id: order.order_id,
        side: order.side,
        price_ticks: order.price_ticks,
        quantity_lots: 0,
        is_new: false,
    })
}

fn tell_book(risk: &Risk, desk: &Desk<'_, '_>, quotes: Vec<QuoteToSet>, out: &mut Outbox) {
    let participant = &risk.participants[desk.participant];
    let told = SetQuotes {
        instrument_id: risk.instruments.name(desk.instrument),
        account_id: risk.accounts.name(desk.account),
        slot: participant.slot,
        quote_group: desk.command.quote_group,
        maker_fee_rate: participant.maker_fee_rate,
        taker_fee_rate: participant.taker_fee_rate,
        quotes,
    };
    out.say(risk.book(desk.instrument), &told);
}
