//! The price collar: the book tells risk which price orders are held against, and risk refuses.

use crate::machine::streams::Outbox;
use crate::wire::messages::{CollarMoved, SetPriceCollar};

use super::collar::Collar;
use super::decisions::Refusal;
use super::model::{Market, TradedInstrument};

pub fn set_price_collar(
    market: &Market,
    instrument: &mut TradedInstrument,
    event: &SetPriceCollar<'_>,
    out: &mut Outbox,
) -> Option<Refusal> {
    let collar = (event.per_mille != 0).then_some(Collar {
        per_mille: event.per_mille,
        on_mark: event.on_mark,
        told_ticks: None,
    });
    let reference_ticks = collar.as_ref().and_then(|collar| reference(instrument, collar));
    instrument.regime.collar = collar.map(|collar| Collar {
        told_ticks: reference_ticks,
        ..collar
    });
    tell(market, event.instrument_id, event.per_mille, reference_ticks, out);
    None
}

/// Tell risk of a price that has moved, between ticks only if it has moved far.
///
/// # Panics
/// When the instrument has no collar.
pub fn follow_market(market: &Market, instrument: &mut TradedInstrument, at_tick: bool, out: &mut Outbox) {
    let collar = instrument.regime.collar.as_ref().expect("the caller has looked");
    let reference_ticks = reference(instrument, collar);
    if reference_ticks == collar.told_ticks {
        return;
    }
    if reference_ticks.is_some_and(|ticks| at_tick || collar.is_far(ticks)) {
        let per_mille = collar.per_mille;
        let collar = instrument.regime.collar.as_mut().expect("the caller has looked");
        collar.told_ticks = reference_ticks;
        tell(market, &instrument.instrument_id, per_mille, reference_ticks, out);
    }
}

/// The mark price, or the last trade price; before the first trade what an operator said it was.
fn reference(instrument: &TradedInstrument, collar: &Collar) -> Option<i64> {
    let book = &instrument.book.contents;
    if collar.on_mark {
        book.mark_price_ticks
    } else {
        book.last_price_ticks.or(book.reference_ticks)
    }
}

fn tell(
    market: &Market,
    instrument_id: &str,
    per_mille: i64,
    reference_ticks: Option<i64>,
    out: &mut Outbox,
) {
    let moved = CollarMoved {
        instrument_id,
        per_mille,
        reference_ticks,
    };
    for risk in market.risk_partitions() {
        out.send(risk, &moved);
    }
}
