"""Which message goes where in a settlement shard, and its snapshot."""

from functools import partial

from bulkhead.domain.integers import from_bytes, to_bytes
from bulkhead.domain.isolation import nothing_to_release
from bulkhead.domain.ledger.ledger import Ledger
from bulkhead.domain.machine import Handler, Handling, State
from bulkhead.domain.messages import behaviour, control
from bulkhead.domain.messages import settlement_shards as shards
from bulkhead.domain.messages.moving import SlotsGiven, SlotsLeaving, SlotsSwitched
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.messages.shards import DefinitionsGiven, GiveDefinitions
from bulkhead.domain.settlement import definitions, founding, giving
from bulkhead.domain.settlement.deposits import deposit
from bulkhead.domain.settlement.leaving_state import load_leaving, save_leaving
from bulkhead.domain.settlement.legs import settle_leg
from bulkhead.domain.settlement.model import Settlement
from bulkhead.domain.settlement.moving import slots_leaving
from bulkhead.domain.terms import Side

HANDLERS: Handling[Settlement] = {
    SettleLeg: settle_leg,
    control.Deposit: deposit,
    control.Tick: definitions.tick,
    control.SetBehaviour: definitions.set_behaviour,
    behaviour.TakeBehaviour: definitions.take_behaviour,
    behaviour.BehaviourLeft: definitions.leave_behaviour,
    control.SetSlots: definitions.set_slots,
    control.DefineInstrument: definitions.define_instrument,
    control.DefineParticipant: definitions.define_participant,
    control.OpenAccount: definitions.open_account,
    SlotsLeaving: slots_leaving,
    SlotsSwitched: giving.slots_switched,
    SlotsGiven: giving.slots_given,
    shards.GiveAccounts: giving.give_accounts,
    shards.GiveRest: giving.give_rest,
    shards.DefineSlot: giving.define_slot,
    shards.BalanceComes: giving.balance_comes,
    GiveDefinitions: founding.give_definitions,
    shards.DefineSettlement: founding.define_settlement,
    DefinitionsGiven: founding.definitions_given,
    control.ReleaseQuarantine: nothing_to_release,
}


class SettlementMachine:
    """The machine of one settlement shard."""

    def __init__(self, shard: int) -> None:
        self.settlement = Settlement(shard)
        self.handlers: dict[type, Handler] = {
            kind: partial(handler, self.settlement) for kind, handler in HANDLERS.items()
        }

    @property
    def tick(self) -> int:
        return self.settlement.tick

    def state(self) -> State:
        settlement = self.settlement
        return {
            "behaviour_version": settlement.behaviour.version,
            **settlement.behaviour.state(),
            "time": [settlement.tick, settlement.time_ms],
            "ledger": settlement.ledger.state(),
            "instruments": [[name, *settlement.instruments[name]] for name in sorted(settlement.instruments)],
            "early_legs": [
                [_saved(leg) for leg in settlement.early_legs[name]] for name in sorted(settlement.early_legs)
            ],
            "slots": dict(sorted(settlement.slots.items())),
            "participants": dict(sorted(settlement.participants.items())),
            "risk": list(settlement.risk),
            "transfers": settlement.transfers,
            "legs": settlement.legs,
            **save_leaving(settlement),
        }

    def load(self, state: State) -> None:
        settlement = self.settlement
        settlement.behaviour.load(state)
        settlement.tick, settlement.time_ms = state["time"]
        settlement.ledger = Ledger.from_state(state["ledger"])
        settlement.instruments = {name: (base, quote) for name, base, quote in state["instruments"]}
        settlement.early_legs = {legs[0][0]: [_restored(leg) for leg in legs] for legs in state["early_legs"]}
        settlement.slots = dict(state["slots"])
        settlement.participants = dict(state["participants"])
        settlement.risk = list(state["risk"])
        settlement.transfers = state["transfers"]
        settlement.legs = state["legs"]
        load_leaving(settlement, state)


def _saved(leg: SettleLeg) -> State:
    amounts = (leg.base_amount, leg.quote_amount, leg.fee_amount)
    return [leg.instrument_id, leg.trade_id, leg.account_id, int(leg.side), *map(to_bytes, amounts)]


def _restored(saved: State) -> SettleLeg:
    instrument_id, trade_id, account_id, side, *amounts = saved
    return SettleLeg(instrument_id, trade_id, account_id, Side(side), *map(from_bytes, amounts))
