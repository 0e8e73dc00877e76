//! The price collar: how much worse than the market an order's price may be for who sends it.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::CollarMoved;
use crate::wire::vocabulary::{Reason, Side};

use super::model::{Collar, Instrument, Risk};
use super::refusal::{Checked, Refusal};

/// `stop_price_ticks`: of an order that waits for it; otherwise None.
pub fn check_collar(
    instrument: &Instrument,
    side: Side,
    price_ticks: i64,
    stop_price_ticks: Option<i64>,
) -> Checked {
    let Some(collar) = instrument.collar else {
        return Ok(());
    };
    let Some(reference_ticks) = stop_price_ticks.or(collar.reference_ticks) else {
        return Ok(());
    };
    let (reference, price) = (i128::from(reference_ticks), i128::from(price_ticks));
    let width = (reference * i128::from(collar.per_mille)).div_euclid(1000);
    let (bound, is_worse) = match side {
        Side::Buy => (reference + width, price > reference + width),
        Side::Sell => (reference - width, price < reference - width),
    };
    if is_worse {
        return Err(Refusal::new(Reason::PriceCollar, bound, price));
    }
    Ok(())
}

pub fn collar_moved(risk: &mut Risk, event: &CollarMoved<'_>, _out: &mut Outbox) -> Handled {
    let collar = (event.per_mille != 0).then_some(Collar {
        per_mille: event.per_mille,
        reference_ticks: event.reference_ticks,
    });
    if let Some(instrument) = risk.instruments.find(event.instrument_id) {
        risk.instruments[instrument].collar = collar;
    } else if let Some(collar) = collar {
        risk.early_collars.insert(event.instrument_id.into(), collar);
    } else {
        risk.early_collars.remove(event.instrument_id);
    }
    Ok(())
}
