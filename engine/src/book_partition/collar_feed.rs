//! The price collar: the book tells risk which price orders are held against, and risk refuses.

use crate::machine::streams::Outbox;
use crate::wire::messages::{CollarMoved, SetPriceCollar};

use super::collar::Collar;
use super::model::{Common, TradedInstrument};

pub fn set_price_collar(
    common: &Common,
    instrument: &mut TradedInstrument,
    event: &SetPriceCollar<'_>,
    out: &mut Outbox,
) {
    let (per_mille, on_mark) = (event.per_mille, event.on_mark);
    let collar = (per_mille != 0).then(|| Collar {
        per_mille,
        on_mark,
        told_ticks: reference(instrument, on_mark),
    });
    let reference_ticks = collar.as_ref().and_then(|collar| collar.told_ticks);
    instrument.regime.collar = collar;
    tell(common, event.instrument_id, per_mille, reference_ticks, out);
}

/// Tell risk of a price that has moved, between ticks only if it has moved far; nothing without a collar.
pub fn follow_market(common: &Common, instrument: &mut TradedInstrument, at_tick: bool, out: &mut Outbox) {
    let Some(on_mark) = instrument.regime.collar.as_ref().map(|collar| collar.on_mark) else {
        return;
    };
    let reference_ticks = reference(instrument, on_mark);
    let (Some(collar), Some(price_ticks)) = (&mut instrument.regime.collar, reference_ticks) else {
        return;
    };
    if reference_ticks != collar.told_ticks && (at_tick || collar.is_far(price_ticks)) {
        collar.told_ticks = reference_ticks;
        tell(
            common,
            &instrument.instrument_id,
            collar.per_mille,
            reference_ticks,
            out,
        );
    }
}

/// The mark price, or the last trade price; before the first trade what an operator said it was.
fn reference(instrument: &TradedInstrument, on_mark: bool) -> Option<i64> {
    let book = &instrument.book.contents;
    if on_mark {
        book.mark_price_ticks
    } else {
        book.last_price_ticks.or(book.reference_ticks)
    }
}

fn tell(
    common: &Common,
    instrument_id: &str,
    per_mille: i64,
    reference_ticks: Option<i64>,
    out: &mut Outbox,
) {
    for risk in common.risk() {
        let moved = CollarMoved {
            instrument_id,
            per_mille,
            reference_ticks,
        };
        out.say(risk, &moved);
    }
}
