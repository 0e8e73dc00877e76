"""Which message goes where in control, and its snapshot."""

from functools import partial

from bulkhead.domain.control import distribution
from bulkhead.domain.control.approvals import expire, load_approvals, require_approvals, save_approvals
from bulkhead.domain.control.behaviour import behaviour_taken, load_behaviour, save_behaviour
from bulkhead.domain.control.lanes import load_lanes, save_lanes
from bulkhead.domain.control.model import Control
from bulkhead.domain.control.moving import lane_taken, slots_expected, slots_moved
from bulkhead.domain.control.operators import TRADING
from bulkhead.domain.control.settlement_shards import settlement_retired
from bulkhead.domain.control.shards import load_shards, save_shards, shard_retired
from bulkhead.domain.machine import Handler, Handling, Outbox, State
from bulkhead.domain.messages import control as messages
from bulkhead.domain.messages.approvals import RequireApprovals
from bulkhead.domain.messages.behaviour import BehaviourTaken
from bulkhead.domain.messages.lanes import LaneTaken
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.moving import SlotsExpected, SlotsMoved
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.messages.shards import ShardRetired
from bulkhead.domain.sessions import Session


def tick(control: Control, event: messages.Tick, out: Outbox) -> None:
    control.tick, control.time_ms = event.number, event.time_ms
    expire(control, out)


HANDLERS: Handling[Control] = {
    messages.Tick: tick,
    messages.DefineShards: distribution.define_shards,
    messages.SetBehaviour: distribution.set_behaviour,
    messages.SetSlots: distribution.set_slots,
    messages.DefineAsset: distribution.define_asset,
    messages.DefineInstrument: distribution.define_instrument,
    messages.SetOrderRules: distribution.set_order_rules,
    messages.DefineParticipant: distribution.define_participant,
    messages.SetNotionalLimit: distribution.set_participants_limit,
    messages.SetOrderRate: distribution.set_participants_limit,
    SetLimit: distribution.set_participants_limit,
    messages.OpenIngress: distribution.open_ingress,
    messages.RegisterKey: distribution.register_founding_key,
    messages.RevokeKey: distribution.revoke_key,
    messages.RegisterOperator: distribution.register_operator,
    messages.OpenAccount: distribution.open_account,
    messages.Deposit: distribution.deposit,
    RequireApprovals: require_approvals,
    LaneTaken: lane_taken,
    SlotsExpected: slots_expected,
    SlotsMoved: slots_moved,
    ShardRetired: shard_retired,
    SettlementRetired: settlement_retired,
    BehaviourTaken: behaviour_taken,
    **dict.fromkeys(TRADING, distribution.pass_on),
}


class ControlMachine:
    """The machine that distributes what control[0] receives. Operators' decisions come through
    OperatorSigners."""

    def __init__(self) -> None:
        self.control = Control()
        self.handlers: dict[type, Handler] = {
            kind: partial(handler, self.control) for kind, handler in HANDLERS.items()
        }

    @property
    def tick(self) -> int:
        return self.control.tick

    def state(self) -> State:
        control = self.control
        return {
            "time": [control.tick, control.time_ms],
            "behaviour_version": control.behaviour_version,
            "shards": [control.risk_shards, control.book_shards, control.settlement_shards],
            "risk": list(control.risk),
            "settlement": list(control.settlement),
            "participants": dict(sorted(control.participants.items())),
            "accounts": dict(sorted(control.accounts.items())),
            "keys": [[key, owner] for key, owner in sorted(control.keys.items())],
            "operators": [[key, session.state()] for key, session in sorted(control.operators.items())],
            "instruments": dict(sorted(control.instruments.items())),
            # Not in the snapshots of an exchange that has none: they stay what they were.
            **({"ingress": sorted(control.ingress)} if control.ingress else {}),
            **({"added_assets": sorted(control.added_assets)} if control.added_assets else {}),
            **save_lanes(control),
            **save_shards(control),
            **save_behaviour(control),
            **save_approvals(control),
        }

    def load(self, state: State) -> None:
        control = self.control
        control.tick, control.time_ms = state["time"]
        control.behaviour_version = state["behaviour_version"]
        control.risk_shards, control.book_shards, control.settlement_shards = state["shards"]
        control.risk = list(state["risk"])
        control.settlement = list(state["settlement"])
        control.participants = dict(state["participants"])
        control.accounts = dict(state["accounts"])
        control.keys = dict(state["keys"])
        control.operators = {key: Session.restored(key, saved) for key, saved in state["operators"]}
        control.instruments = dict(state["instruments"])
        control.ingress = set(state.get("ingress", ()))
        control.added_assets = set(state.get("added_assets", ()))
        load_lanes(control, state)
        load_shards(control, state)
        load_behaviour(control, state)
        load_approvals(control, state)
