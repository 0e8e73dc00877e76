//! SettleLeg: one side of a trade against the house, delivery versus payment, with its fee.

use crate::ledger::transfers::{Refused, Transfer};
use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::wire::messages::SettleLeg;
use crate::wire::vocabulary::Side;

use super::early_legs::EarlyLeg;
use super::model::Settlement;

pub fn settle_leg(settlement: &mut Settlement, leg: &SettleLeg<'_>, _: &mut Outbox) -> Handled {
    let Some(instrument) = settlement.instruments.find(leg.instrument_id) else {
        let legs = settlement.early_legs.entry(leg.instrument_id.into());
        legs.or_default().push(EarlyLeg::from(leg));
        return Ok(());
    };
    let instrument = settlement.instruments[instrument];
    let account = settlement.ledger.holder(leg.account_id);
    let own = settlement.own;
    let (giver, taker) = match leg.side {
        Side::Buy => (own.house, account),
        Side::Sell => (account, own.house),
    };
    settlement.book(Transfer {
        debit: giver,
        credit: taker,
        asset: instrument.base,
        amount: leg.base_amount,
    })?;
    settlement.book(Transfer {
        debit: taker,
        credit: giver,
        asset: instrument.quote,
        amount: u128::try_from(leg.quote_amount).map_err(|_| negative(settlement, leg))?,
    })?;
    if leg.fee_amount != 0 {
        let (payer, earner) = if leg.fee_amount > 0 {
            (account, own.fees)
        } else {
            (own.fees, account)
        };
        settlement.book(Transfer {
            debit: payer,
            credit: earner,
            asset: instrument.quote,
            amount: leg.fee_amount.unsigned_abs(),
        })?;
    }
    settlement.legs += 1;
    Ok(())
}

#[cold]
fn negative(settlement: &Settlement, leg: &SettleLeg<'_>) -> Trouble {
    let shard = settlement.shard;
    Trouble::Raised(format!(
        "settlement/{shard}: the ledger refused {leg:?}: {}",
        Refused::Amount
    ))
}
