//! Legs that are kept until their instrument is defined.

use std::collections::BTreeMap;

use crate::integers;
use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::messages::SettleLeg;
use crate::wire::vocabulary::Side;

/// By instrument, in the order in which they came.
pub type EarlyLegs = BTreeMap<Box<str>, Vec<EarlyLeg>>;

#[derive(Clone, Debug)]
pub struct EarlyLeg {
    trade_id: i64,
    account_id: Box<str>,
    side: Side,
    base_amount: u128,
    quote_amount: i128,
    fee_amount: i128,
}

impl From<&SettleLeg<'_>> for EarlyLeg {
    fn from(leg: &SettleLeg<'_>) -> Self {
        Self {
            trade_id: leg.trade_id,
            account_id: leg.account_id.into(),
            side: leg.side,
            base_amount: leg.base_amount,
            quote_amount: leg.quote_amount,
            fee_amount: leg.fee_amount,
        }
    }
}

impl EarlyLeg {
    /// The leg as it came.
    pub fn of<'a>(&'a self, instrument_id: &'a str) -> SettleLeg<'a> {
        SettleLeg {
            instrument_id,
            trade_id: self.trade_id,
            account_id: &self.account_id,
            side: self.side,
            base_amount: self.base_amount,
            quote_amount: self.quote_amount,
            fee_amount: self.fee_amount,
        }
    }
}

pub fn write(early_legs: &EarlyLegs, to: &mut Writer) {
    to.array(early_legs.len());
    for (instrument_id, legs) in early_legs {
        to.array(legs.len());
        for leg in legs {
            to.array(7);
            to.text(instrument_id);
            to.int(leg.trade_id);
            to.text(&leg.account_id);
            to.int(leg.side.number());
            integers::write(&integers::wide_unsigned(leg.base_amount), to);
            integers::write_i128(leg.quote_amount, to);
            integers::write_i128(leg.fee_amount, to);
        }
    }
}

pub fn read(from: &mut Reader<'_>) -> Read<EarlyLegs> {
    let mut early_legs = EarlyLegs::new();
    for _ in 0..from.array()? {
        for _ in 0..from.array()? {
            from.array_of(7)?;
            let instrument_id = from.text()?;
            let leg = EarlyLeg {
                trade_id: from.int()?,
                account_id: from.text()?.into(),
                side: Side::from_number(from.int()?).ok_or(Malformed("a side that is none"))?,
                base_amount: integers::read_u128(from)?,
                quote_amount: integers::read_i128(from)?,
                fee_amount: integers::read_i128(from)?,
            };
            early_legs.entry(instrument_id.into()).or_default().push(leg);
        }
    }
    Ok(early_legs)
}
