//! Which message goes where in a risk shard.

use crate::machine::domain::{Domain, Signers, handlers};
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::Event;

use super::ahead::look_ahead;
use super::model::Risk;
use super::{
    accounts, answers, collar, definitions, founding, isolation, kill_switch, limits, lost_book, mass_cancel,
    moving, own_deeds, reversal, state,
};

/// The machine of one risk shard. Participants' commands come through `signers`.
pub struct RiskMachine {
    risk: Risk,
}

impl RiskMachine {
    pub fn new(shard: i64) -> Self {
        Self {
            risk: Risk::new(shard),
        }
    }
}

impl Domain for RiskMachine {
    handlers! { risk:
        OrderEntered => answers::order_entered,
        EntryRefused => answers::entry_refused,
        OrderExecuted => answers::order_executed,
        OrderActivated => own_deeds::order_activated,
        OrderMoved => own_deeds::order_moved,
        OrderReduced => own_deeds::order_reduced,
        ExitActivated => own_deeds::exit_activated,
        OrderRemoved => answers::order_removed,
        RemovalRefused => answers::removal_refused,
        OrderAmended => answers::order_amended,
        AmendmentRefused => answers::amendment_refused,
        PhaseChanged => answers::phase_changed,
        BookCleared => lost_book::book_cleared,
        Tick => definitions::tick,
        SetBehaviour => definitions::set_behaviour,
        TakeBehaviour => definitions::take_behaviour,
        DefineAsset => definitions::define_asset,
        DefineInstrument => definitions::define_instrument,
        SetOrderRules => definitions::set_order_rules,
        DefineParticipant => definitions::define_participant,
        SetNotionalLimit => definitions::set_notional_limit,
        SetOrderRate => definitions::set_order_rate,
        RegisterKey => definitions::register_key,
        RevokeKey => definitions::revoke_key,
        OpenAccount => definitions::open_account,
        ReleaseOrders => lost_book::release_orders,
        ReleaseQuarantine => definitions::nothing_to_release,
        DepositSettled => definitions::deposit_settled,
        FillReversed => reversal::fill_reversed,
        CancelForOperator => mass_cancel::cancel_for_operator,
        SetFees => definitions::set_fees,
        SetLimit => limits::set_limit,
        SetLimitForOperator => limits::set_limit_for_operator,
        ShowLimitsForOperator => limits::show_limits,
        SetAccountStateForOperator => accounts::set_account_state_for_operator,
        CollarMoved => collar::collar_moved,
        ThrowKillSwitch => kill_switch::throw_kill_switch,
        ExpectSlots => moving::expect_slots,
        LeaveSlots => moving::leave_slots,
        SlotsSwitched => moving::slots_switched,
        SlotsState => moving::slots_state,
        SlotsGiven => moving::slots_given,
        SettlementRetired => moving::settlement_retired,
        GiveDefinitions => founding::give_definitions,
        SwitchStands => founding::switch_stands,
        DefinitionsGiven => founding::definitions_given,
    }

    fn look_ahead(&self, events: &[&[u8]]) {
        look_ahead(&self.risk, events);
    }

    fn tick(&self) -> i64 {
        self.risk.tick
    }

    fn write(&self, to: &mut Writer) {
        state::save(&self.risk, to);
    }

    fn freeze(&mut self) -> Box<dyn Domain> {
        Box::new(Self {
            risk: self.risk.share(),
        })
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Read<()> {
        state::load(&mut self.risk, from)
    }

    fn signers(&mut self) -> Option<&mut dyn Signers> {
        Some(&mut self.risk)
    }

    fn subject(&self, message: &Event<'_>) -> String {
        isolation::subject(&self.risk, message)
    }

    fn is_stranger(&self, message: &Event<'_>) -> bool {
        isolation::is_stranger(&self.risk, message)
    }

    fn put_aside(&mut self, message: &Event<'_>) {
        isolation::count(&mut self.risk, message, -1);
    }

    fn take_up(&mut self, message: &Event<'_>) {
        isolation::count(&mut self.risk, message, 1);
    }
}
