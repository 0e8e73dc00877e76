//! A new risk shard is told by another one what control has told all of them; the rest it hears as they do.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    DefineAsset, DefineInstrument, DefinitionsGiven, GiveDefinitions, SetOrderRules, SlotsMoved, SwitchStands,
};
use crate::wire::vocabulary::KillScope;

use super::model::{Instrument, Risk};

/// Of an instrument's phase its book tells the new shard: what is said here holds until then.
pub fn give_definitions(risk: &mut Risk, event: &GiveDefinitions, out: &mut Outbox) -> Handled {
    let destination = format!("orders/{}", event.new);
    for (_, asset_id, decimals) in risk.assets.sorted() {
        if let Some(decimals) = *decimals {
            out.send(&destination, &DefineAsset { asset_id, decimals });
        }
    }
    for (_, instrument_id, instrument) in risk.instruments.sorted() {
        out.send(&destination, &definition(risk, instrument_id, instrument));
        if instrument.least_display_lots != 0 {
            let rules = SetOrderRules {
                instrument_id,
                least_display_lots: instrument.least_display_lots,
                early_auction_orders: false,
            };
            out.send(&destination, &rules);
        }
    }
    for (scope, name, since_ms) in risk.kills.iter() {
        // The others come with whom they stop.
        if matches!(scope, KillScope::Instrument | KillScope::Everything) {
            let stands = SwitchStands {
                scope,
                name,
                since_ms,
            };
            out.send(&destination, &stands);
        }
    }
    let move_id = event.move_id;
    out.send(&destination, &DefinitionsGiven { move_id });
    Ok(())
}

/// How it is matched is its book's business.
fn definition<'a>(risk: &'a Risk, instrument_id: &'a str, instrument: &Instrument) -> DefineInstrument<'a> {
    let book = risk.routes.name(instrument.route).strip_prefix("books/");
    DefineInstrument {
        instrument_id,
        book: book
            .and_then(|book| book.parse().ok())
            .expect("a book's partition"),
        base_asset_id: risk.assets.name(instrument.base_asset),
        quote_asset_id: risk.assets.name(instrument.quote_asset),
        lot_units: instrument.lot_units.unsigned_abs(),
        tick_lot_units: instrument.tick_lot_units.unsigned_abs(),
        price_increment_ticks: instrument.price_increment_ticks,
        price_min_ticks: instrument.price_min_ticks,
        price_max_ticks: instrument.price_max_ticks,
        quantity_increment_lots: instrument.quantity_increment_lots,
        quantity_min_lots: instrument.quantity_min_lots,
        quantity_max_lots: instrument.quantity_max_lots,
        window: instrument.window,
        phase: instrument.phase,
        pro_rata_minimum_lots: 0,
        top_order: false,
    }
}

pub fn switch_stands(risk: &mut Risk, event: &SwitchStands<'_>, _: &mut Outbox) -> Handled {
    risk.kills.turn_on(event.scope, event.name, event.since_ms);
    Ok(())
}

pub fn definitions_given(_: &mut Risk, event: &DefinitionsGiven, out: &mut Outbox) -> Handled {
    let move_id = event.move_id;
    out.send("control/0", &SlotsMoved { move_id });
    Ok(())
}
