//! A new settlement shard is told by another one what control does not keep; the rest control tells it.

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{DefineSettlement, DefinitionsGiven, GiveDefinitions, SlotsMoved};

use super::definitions::settle_in;
use super::model::Settlement;

pub fn give_definitions(settlement: &mut Settlement, event: &GiveDefinitions, out: &mut Outbox) -> Handled {
    let destination = format!("settlement/{}", event.new);
    let assets = &settlement.ledger.assets;
    for (_, instrument_id, instrument) in settlement.instruments.sorted() {
        let definition = DefineSettlement {
            instrument_id,
            base_asset_id: assets.name(instrument.base),
            quote_asset_id: assets.name(instrument.quote),
        };
        out.send(&destination, &definition);
    }
    let move_id = event.move_id;
    out.send(&destination, &DefinitionsGiven { move_id });
    Ok(())
}

pub fn define_settlement(
    settlement: &mut Settlement,
    event: &DefineSettlement<'_>,
    out: &mut Outbox,
) -> Handled {
    settle_in(
        settlement,
        event.instrument_id,
        (event.base_asset_id, event.quote_asset_id),
        out,
    )
}

pub fn definitions_given(_: &mut Settlement, event: &DefinitionsGiven, out: &mut Outbox) -> Handled {
    let move_id = event.move_id;
    out.send("control/0", &SlotsMoved { move_id });
    Ok(())
}
