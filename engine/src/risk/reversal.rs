//! FillReversed: what a fill moved is moved back, to the unit, and moved again at the right price, if there is
//! one. The reference says what may come of it.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{FillReversed, TradeBusted, TradeCorrected};
use crate::wire::vocabulary::Side;

use super::model::{Account, Instrument, Risk};
use super::named::AccountId;
use super::negative::tell_if_it_changed;

pub fn fill_reversed(risk: &mut Risk, event: &FillReversed<'_>, out: &mut Outbox) -> Handled {
    let found = risk
        .accounts
        .find(event.account_id)
        .zip(risk.instruments.find(event.instrument_id));
    let Some((account, instrument)) = found else {
        return Err(Trouble::Impossible(format!(
            "it undoes a fill of {} in {}: never heard of",
            event.account_id, event.instrument_id
        )));
    };
    let instrument = &risk.instruments[instrument];
    let moved = &mut risk.accounts[account];
    let (base, quote) = (instrument.base_asset, instrument.quote_asset);
    let before = [base, quote].map(|asset| (asset, moved.balance(asset).total));
    move_fill(
        moved,
        instrument,
        event,
        (event.price_ticks, event.fee_amount),
        -1,
    );
    if let Some(price_ticks) = event.corrected_price_ticks {
        move_fill(
            moved,
            instrument,
            event,
            (price_ticks, event.corrected_fee_amount),
            1,
        );
    }
    report(risk, account, event, out);
    for (asset, before) in before {
        tell_if_it_changed(risk, account, asset, before, out);
    }
    Ok(())
}

/// What a fill moves; `direction` -1: back.
fn move_fill(
    account: &mut Account,
    instrument: &Instrument,
    event: &FillReversed<'_>,
    (price_ticks, fee_amount): (i64, i128),
    direction: i128,
) {
    let lots = i128::from(event.quantity_lots);
    let notional = i128::from(price_ticks) * lots * instrument.tick_lot_units;
    let base_amount = lots * instrument.lot_units;
    let bought = match event.side {
        Side::Buy => direction,
        Side::Sell => -direction,
    };
    account.balance(instrument.base_asset).total += bought * base_amount;
    account.balance(instrument.quote_asset).total -= bought * notional + direction * fee_amount;
}

fn report(risk: &Risk, account: AccountId, event: &FillReversed<'_>, out: &mut Outbox) {
    let participant = risk.accounts[account].participant;
    let last_sequence = risk.participants[participant].last_sequence;
    let reports = risk.reports(participant);
    let FillReversed {
        account_id,
        order_id,
        instrument_id,
        side,
        trade_id,
        price_ticks,
        quantity_lots,
        fee_amount,
        ..
    } = *event;
    let Some(corrected_price_ticks) = event.corrected_price_ticks else {
        let busted = TradeBusted {
            last_sequence,
            account_id,
            order_id,
            instrument_id,
            side,
            trade_id,
            price_ticks,
            quantity_lots,
            fee_amount,
        };
        return out.say(reports, &busted);
    };
    let corrected = TradeCorrected {
        last_sequence,
        account_id,
        order_id,
        instrument_id,
        side,
        trade_id,
        price_ticks: corrected_price_ticks,
        quantity_lots,
        fee_amount: event.corrected_fee_amount,
        previous_price_ticks: price_ticks,
        previous_fee_amount: fee_amount,
    };
    out.say(reports, &corrected);
}
