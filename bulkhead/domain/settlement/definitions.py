"""What control tells a settlement shard: the genesis and time."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.behaviour import BehaviourLeft, TakeBehaviour
from bulkhead.domain.messages.control import (
    DefineInstrument,
    DefineParticipant,
    OpenAccount,
    SetBehaviour,
    SetSlots,
    Tick,
)
from bulkhead.domain.settlement.legs import settle_leg
from bulkhead.domain.settlement.model import Settlement


def set_behaviour(settlement: Settlement, event: SetBehaviour, out: Outbox) -> None:
    settlement.behaviour.set(event.version)


def take_behaviour(settlement: Settlement, event: TakeBehaviour, out: Outbox) -> None:
    settlement.behaviour.take(event, out)


def leave_behaviour(settlement: Settlement, event: BehaviourLeft, out: Outbox) -> None:
    settlement.behaviour.leave(event, out)


def set_slots(settlement: Settlement, event: SetSlots, out: Outbox) -> None:
    for slot in range(event.first_slot, event.last_slot + 1):
        settlement.risk[slot] = f"orders/{event.risk_shard}"


def define_instrument(settlement: Settlement, event: DefineInstrument, out: Outbox) -> None:
    settle_in(settlement, event.instrument_id, (event.base_asset_id, event.quote_asset_id), out)


def settle_in(settlement: Settlement, instrument_id: str, assets: tuple[str, str], out: Outbox) -> None:
    """What a trade of the instrument moves: also those that came before it was known."""
    settlement.instruments[instrument_id] = assets
    for leg in settlement.early_legs.pop(instrument_id, ()):
        settle_leg(settlement, leg, out)


def define_participant(settlement: Settlement, event: DefineParticipant, out: Outbox) -> None:
    settlement.participants[event.participant_id] = event.slot


def open_account(settlement: Settlement, event: OpenAccount, out: Outbox) -> None:
    settlement.slots[event.account_id] = settlement.participants[event.participant_id]


def tick(settlement: Settlement, event: Tick, out: Outbox) -> None:
    settlement.tick, settlement.time_ms = event.number, event.time_ms
