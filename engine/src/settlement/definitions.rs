//! What control tells a settlement shard: the genesis and time.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    BehaviourLeft, DefineInstrument, DefineParticipant, OpenAccount, ReleaseQuarantine, SetBehaviour,
    SetSlots, TakeBehaviour, Tick,
};

use super::legs::settle_leg;
use super::model::{Instrument, Settlement};

pub fn set_behaviour(settlement: &mut Settlement, event: &SetBehaviour, _: &mut Outbox) -> Handled {
    settlement.behaviour.set(event.version)
}

pub fn take_behaviour(settlement: &mut Settlement, event: &TakeBehaviour, out: &mut Outbox) -> Handled {
    settlement.behaviour.take(event, out)
}

pub fn leave_behaviour(settlement: &mut Settlement, event: &BehaviourLeft<'_>, out: &mut Outbox) -> Handled {
    settlement.behaviour.leave(event, out)
}

/// Nothing is halted: else machine/aside.rs does it.
pub fn nothing_to_release(_: &mut Settlement, _: &ReleaseQuarantine<'_>, _: &mut Outbox) -> Handled {
    Ok(())
}

pub fn set_slots(settlement: &mut Settlement, event: &SetSlots, _: &mut Outbox) -> Handled {
    let partition = format!("orders/{}", event.risk_shard);
    for slot in event.first_slot..=event.last_slot {
        settlement.risk.set(slot as usize, &partition);
    }
    Ok(())
}

pub fn define_instrument(
    settlement: &mut Settlement,
    event: &DefineInstrument<'_>,
    out: &mut Outbox,
) -> Handled {
    settle_in(
        settlement,
        event.instrument_id,
        (event.base_asset_id, event.quote_asset_id),
        out,
    )
}

/// What a trade of the instrument moves: also those that came before it was known.
pub fn settle_in(
    settlement: &mut Settlement,
    instrument_id: &str,
    (base_asset_id, quote_asset_id): (&str, &str),
    out: &mut Outbox,
) -> Handled {
    let instrument = Instrument {
        base: settlement.ledger.asset(base_asset_id),
        quote: settlement.ledger.asset(quote_asset_id),
    };
    match settlement.instruments.find(instrument_id) {
        Some(known) => settlement.instruments[known] = instrument,
        None => {
            settlement.instruments.add(instrument_id, instrument);
        }
    }
    for leg in settlement.early_legs.remove(instrument_id).unwrap_or_default() {
        settle_leg(settlement, &leg.of(instrument_id), out)?;
    }
    Ok(())
}

pub fn define_participant(
    settlement: &mut Settlement,
    event: &DefineParticipant<'_>,
    _: &mut Outbox,
) -> Handled {
    settlement.set_participant(event.participant_id, event.slot as u16);
    Ok(())
}

pub fn open_account(settlement: &mut Settlement, event: &OpenAccount<'_>, _: &mut Outbox) -> Handled {
    let slot = settlement
        .participant(event.participant_id)
        .ok_or_else(|| Trouble::Raised(format!("nobody has defined {:?}", event.participant_id)))?;
    let holder = settlement.ledger.holder(event.account_id);
    settlement.set_slot(holder, slot);
    Ok(())
}

pub fn tick(settlement: &mut Settlement, event: &Tick, _: &mut Outbox) -> Handled {
    (settlement.tick, settlement.time_ms) = (event.number, event.time_ms);
    Ok(())
}
