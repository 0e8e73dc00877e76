//! Slots whose accounts go to another settlement shard, or come from one; what is left of a shard that ends.

use std::collections::BTreeSet;

use crate::ledger::accounts::Account;
use crate::ledger::contents::{AssetId, HolderId};
use crate::ledger::transfers::Transfer;
use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::named::Name;
use crate::wire::messages::{
    BalanceComes, DefineSlot, GiveAccounts, GiveRest, SlotsGiven, SlotsMoved, SlotsSwitched,
};

use super::model::Settlement;

/// Slots that leave, and who has said its last leg of theirs.
#[derive(Clone, Debug)]
pub struct Leaving {
    pub move_id: i64,
    /// Control's word; None: some book's came before it.
    pub asked: Option<GiveAccounts>,
    pub switched: BTreeSet<Box<str>>,
}

impl Leaving {
    pub fn new(move_id: i64) -> Self {
        Self {
            move_id,
            asked: None,
            switched: BTreeSet::new(),
        }
    }
}

pub fn give_accounts(settlement: &mut Settlement, event: &GiveAccounts, out: &mut Outbox) -> Handled {
    leaving(settlement, event.move_id)?.asked = Some(event.clone());
    look(settlement, out)
}

/// May come before control's word: there is no order between two streams.
pub fn slots_switched(settlement: &mut Settlement, event: &SlotsSwitched<'_>, out: &mut Outbox) -> Handled {
    let leaving = leaving(settlement, event.move_id)?;
    if !leaving.switched.insert(event.shard.into()) {
        return Err(Trouble::Impossible(format!(
            "{} has switched twice for move {}",
            event.shard, event.move_id
        )));
    }
    look(settlement, out)
}

fn leaving(settlement: &mut Settlement, move_id: i64) -> Result<&mut Leaving, Trouble> {
    let leaving = settlement.leaving.get_or_insert_with(|| Leaving::new(move_id));
    if leaving.move_id != move_id {
        return Err(Trouble::Impossible(format!(
            "move {move_id} begins, and move {} has not ended",
            leaving.move_id
        )));
    }
    Ok(leaving)
}

/// Give them away, if all that will ever be heard of them here has been heard.
fn look(settlement: &mut Settlement, out: &mut Outbox) -> Handled {
    let is_complete = settlement.leaving.as_ref().is_some_and(|leaving| {
        let asked = leaving.asked.as_ref();
        asked.is_some_and(|asked| leaving.switched.len() as i64 >= asked.book_shards)
    });
    if !is_complete {
        return Ok(());
    }
    let asked = settlement.leaving.take().and_then(|leaving| leaving.asked);
    let asked = asked.expect("control's word");
    let slots = asked.first_slot..=asked.last_slot;
    let of_slots = |slot: Option<u16>| slot.is_some_and(|slot| slots.contains(&slot.into()));
    let gone: Vec<HolderId> = settlement
        .ledger
        .holders
        .ids()
        .into_iter()
        .filter(|&holder| of_slots(settlement.slot(holder)))
        .collect();
    pay_out(settlement, &gone, asked.new, asked.move_id, out)?;
    for holder in gone {
        settlement.forget_slot(holder);
    }
    settlement.forget_participants(|slot| of_slots(Some(slot)));
    Ok(())
}

/// The house holds nothing afterwards, on a shard that balances by itself.
pub fn give_rest(settlement: &mut Settlement, event: &GiveRest, out: &mut Outbox) -> Handled {
    let house = settlement.own.house;
    let others: Vec<HolderId> = settlement
        .ledger
        .holders
        .ids()
        .into_iter()
        .filter(|&holder| holder != house)
        .collect();
    pay_out(settlement, &others, event.new, event.move_id, out)?;
    for (asset, _) in settlement.ledger.accounts_by_asset(house) {
        settlement.close_account(house, asset)?;
    }
    Ok(())
}

fn pay_out(
    settlement: &mut Settlement,
    holders: &[HolderId],
    new: i64,
    move_id: i64,
    out: &mut Outbox,
) -> Handled {
    let destination = format!("settlement/{new}");
    for holder in settlement.ledger.holders.sort(holders.iter().copied()) {
        let account_id = Name::clone(settlement.ledger.holders.name(holder));
        for (asset, Account { debits, credits }) in settlement.ledger.accounts_by_asset(holder) {
            pass(settlement, holder, asset, credits, debits)?;
            settlement.close_account(holder, asset)?;
            let balance = BalanceComes {
                account_id: &account_id,
                asset_id: settlement.ledger.assets.name(asset),
                debit_amount: debits,
                credit_amount: credits,
            };
            out.send(&destination, &balance);
        }
    }
    out.send(&destination, &SlotsGiven { move_id });
    Ok(())
}

/// Add to both sides of an account, with the house.
fn pass(
    settlement: &mut Settlement,
    account: HolderId,
    asset: AssetId,
    debit_amount: u128,
    credit_amount: u128,
) -> Handled {
    let house = settlement.own.house;
    settlement.ledger.holders[account].account(asset);
    settlement.ledger.holders[house].account(asset);
    for (debit, credit, amount) in [(account, house, debit_amount), (house, account, credit_amount)] {
        if amount != 0 {
            settlement.book(Transfer {
                debit,
                credit,
                asset,
                amount,
            })?;
        }
    }
    Ok(())
}

pub fn define_slot(settlement: &mut Settlement, event: &DefineSlot<'_>, _: &mut Outbox) -> Handled {
    settlement.set_participant(event.participant_id, event.slot as u16);
    Ok(())
}

pub fn balance_comes(settlement: &mut Settlement, event: &BalanceComes<'_>, _: &mut Outbox) -> Handled {
    let account = settlement.ledger.holder(event.account_id);
    let asset = settlement.ledger.asset(event.asset_id);
    pass(
        settlement,
        account,
        asset,
        event.debit_amount,
        event.credit_amount,
    )
}

pub fn slots_given(_: &mut Settlement, event: &SlotsGiven, out: &mut Outbox) -> Handled {
    let move_id = event.move_id;
    out.send("control/0", &SlotsMoved { move_id });
    Ok(())
}
