"""A new risk shard is told by another one what control has told all of them; the rest it hears as they do."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import DefineAsset, DefineInstrument, SetOrderRules
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.messages.moving import SlotsMoved
from bulkhead.domain.messages.shards import DefinitionsGiven, GiveDefinitions, SwitchStands
from bulkhead.domain.risk.model import Instrument, Risk


def give_definitions(risk: Risk, event: GiveDefinitions, out: Outbox) -> None:
    """Of an instrument's phase its book tells the new shard: what is said here holds until then."""
    destination = f"orders/{event.new}"
    for asset_id, decimals in sorted(risk.assets.items()):
        out.send(destination, DefineAsset(asset_id, decimals))
    for name, instrument in sorted(risk.instruments.items()):
        out.send(destination, _definition(instrument))
        if instrument.least_display_lots:
            out.send(destination, SetOrderRules(name, instrument.least_display_lots, False))
    for (scope, name), since_ms in sorted(risk.kills.items()):
        if scope in (KillScope.INSTRUMENT, KillScope.EVERYTHING):  # the others come with whom they stop
            out.send(destination, SwitchStands(scope, name, since_ms))
    out.send(destination, DefinitionsGiven(event.move_id))


def _definition(instrument: Instrument) -> DefineInstrument:
    """How it is matched is its book's business."""
    return DefineInstrument(
        instrument.instrument_id,
        int(instrument.route.destination.removeprefix("books/")),
        instrument.base_asset_id,
        instrument.quote_asset_id,
        instrument.lot_units,
        instrument.tick_lot_units,
        instrument.price_increment_ticks,
        instrument.price_min_ticks,
        instrument.price_max_ticks,
        instrument.quantity_increment_lots,
        instrument.quantity_min_lots,
        instrument.quantity_max_lots,
        instrument.window,
        instrument.phase,
    )


def switch_stands(risk: Risk, event: SwitchStands, out: Outbox) -> None:
    risk.kills.setdefault((event.scope, event.name), event.since_ms)


def definitions_given(risk: Risk, event: DefinitionsGiven, out: Outbox) -> None:
    out.send("control/0", SlotsMoved(event.move_id))
