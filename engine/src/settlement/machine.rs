//! Which message goes where in a settlement shard.

use crate::machine::domain::{Domain, handlers};
use crate::machine::streams::Outbox;
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::Event;

use super::deposits::deposit;
use super::legs::settle_leg;
use super::model::Settlement;
use super::moving::slots_leaving;
use super::{definitions, founding, giving, isolation, state};

/// The machine of one settlement shard.
pub struct SettlementMachine {
    settlement: Settlement,
}

impl SettlementMachine {
    pub fn new(shard: i64) -> Self {
        Self {
            settlement: Settlement::new(shard),
        }
    }
}

impl Domain for SettlementMachine {
    handlers! { settlement:
        SettleLeg => settle_leg,
        Deposit => deposit,
        Tick => definitions::tick,
        SetBehaviour => definitions::set_behaviour,
        TakeBehaviour => definitions::take_behaviour,
        BehaviourLeft => definitions::leave_behaviour,
        SetSlots => definitions::set_slots,
        DefineInstrument => definitions::define_instrument,
        DefineParticipant => definitions::define_participant,
        OpenAccount => definitions::open_account,
        SlotsLeaving => slots_leaving,
        SlotsSwitched => giving::slots_switched,
        SlotsGiven => giving::slots_given,
        GiveAccounts => giving::give_accounts,
        GiveRest => giving::give_rest,
        DefineSlot => giving::define_slot,
        BalanceComes => giving::balance_comes,
        GiveDefinitions => founding::give_definitions,
        DefineSettlement => founding::define_settlement,
        DefinitionsGiven => founding::definitions_given,
        ReleaseQuarantine => definitions::nothing_to_release,
    }

    fn tick(&self) -> i64 {
        self.settlement.tick
    }

    fn write(&self, to: &mut Writer) {
        state::save(&self.settlement, to);
    }

    fn freeze(&mut self) -> Box<dyn Domain> {
        Box::new(Self {
            settlement: self.settlement.share(),
        })
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Read<()> {
        self.settlement = state::load(self.settlement.shard, from)?;
        Ok(())
    }

    fn subject(&self, message: &Event<'_>) -> String {
        isolation::subject(message)
    }

    fn discard(&mut self, message: &Event<'_>, out: &mut Outbox) {
        isolation::discard(&mut self.settlement, message, out);
    }
}
