"""Which message goes where in a risk shard."""

from functools import partial

from bulkhead.domain.isolation import nothing_to_release
from bulkhead.domain.machine import Handler, Handling, State
from bulkhead.domain.messages import (
    behaviour,
    control,
    kill_switch,
    linked,
    listing,
    mass,
    orders,
    reversal,
    settlement,
    settlement_shards,
    shards,
)
from bulkhead.domain.messages import limits as limit_messages
from bulkhead.domain.messages import moving as moves
from bulkhead.domain.risk import (
    accounts,
    answers,
    collar,
    definitions,
    founding,
    limits,
    lost_book,
    mass_cancel,
    moving,
    own_deeds,
)
from bulkhead.domain.risk.kill_switch import throw_kill_switch
from bulkhead.domain.risk.model import Packing, Risk
from bulkhead.domain.risk.reversal import fill_reversed
from bulkhead.domain.risk.state import load, save

HANDLERS: Handling[Risk] = {
    orders.OrderEntered: answers.order_entered,
    orders.EntryRefused: answers.entry_refused,
    orders.OrderExecuted: answers.order_executed,
    orders.OrderActivated: own_deeds.order_activated,
    orders.OrderMoved: own_deeds.order_moved,
    orders.OrderReduced: own_deeds.order_reduced,
    linked.ExitActivated: own_deeds.exit_activated,
    orders.OrderRemoved: answers.order_removed,
    orders.RemovalRefused: answers.removal_refused,
    orders.OrderAmended: answers.order_amended,
    orders.AmendmentRefused: answers.amendment_refused,
    orders.PhaseChanged: answers.phase_changed,
    orders.BookCleared: lost_book.book_cleared,
    control.Tick: definitions.tick,
    control.SetBehaviour: definitions.set_behaviour,
    behaviour.TakeBehaviour: definitions.take_behaviour,
    control.DefineAsset: definitions.define_asset,
    control.DefineInstrument: definitions.define_instrument,
    control.SetOrderRules: definitions.set_order_rules,
    control.DefineParticipant: definitions.define_participant,
    control.SetNotionalLimit: definitions.set_notional_limit,
    control.SetOrderRate: definitions.set_order_rate,
    control.RegisterKey: definitions.register_key,
    control.RevokeKey: definitions.revoke_key,
    control.OpenAccount: definitions.open_account,
    control.ReleaseOrders: lost_book.release_orders,
    control.ReleaseQuarantine: nothing_to_release,
    settlement.DepositSettled: definitions.deposit_settled,
    reversal.FillReversed: fill_reversed,
    mass.CancelForOperator: mass_cancel.cancel_for_operator,
    listing.SetFees: definitions.set_fees,
    limit_messages.SetLimit: limits.set_limit,
    limit_messages.SetLimitForOperator: limits.set_limit_for_operator,
    limit_messages.ShowLimitsForOperator: limits.show_limits,
    limit_messages.SetAccountStateForOperator: accounts.set_account_state_for_operator,
    limit_messages.CollarMoved: collar.collar_moved,
    kill_switch.ThrowKillSwitch: throw_kill_switch,
    moves.ExpectSlots: moving.expect_slots,
    moves.LeaveSlots: moving.leave_slots,
    moves.SlotsSwitched: moving.slots_switched,
    moves.SlotsState: moving.slots_state,
    moves.SlotsGiven: moving.slots_given,
    settlement_shards.SettlementRetired: moving.settlement_retired,
    shards.GiveDefinitions: founding.give_definitions,
    shards.SwitchStands: founding.switch_stands,
    shards.DefinitionsGiven: founding.definitions_given,
}


class RiskMachine:
    """The machine of one risk shard. Participants' commands come through ParticipantSigners."""

    def __init__(self, shard: int, packing: Packing | None = None) -> None:
        self.risk = Risk(shard, packing)
        self.handlers: dict[type, Handler] = {
            kind: partial(handler, self.risk) for kind, handler in HANDLERS.items()
        }

    @property
    def tick(self) -> int:
        return self.risk.tick

    def state(self) -> State:
        return save(self.risk)

    def load(self, state: State) -> None:
        load(self.risk, state)
