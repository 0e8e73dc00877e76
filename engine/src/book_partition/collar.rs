//! The price collar of one instrument: how far from the market an order's price may be.

use crate::msgpack::{Read, Reader, Writer};

#[derive(Clone, Debug)]
pub struct Collar {
    pub per_mille: i64,
    pub on_mark: bool,
    /// The price that risk knows; None: it knows of none.
    pub told_ticks: Option<i64>,
}

impl Collar {
    /// Whether the price has gone half of the way that orders may be away from it.
    pub fn is_far(&self, price_ticks: i64) -> bool {
        let Some(told_ticks) = self.told_ticks.map(i128::from) else {
            return true;
        };
        let moved_ticks = (i128::from(price_ticks) - told_ticks).abs();
        2 * 1000 * moved_ticks >= i128::from(self.per_mille) * told_ticks
    }

    pub fn write(&self, to: &mut Writer) {
        to.array(3);
        to.int(self.per_mille);
        to.boolean(self.on_mark);
        to.optional_int(self.told_ticks);
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        from.array_of(3)?;
        Ok(Self {
            per_mille: from.int()?,
            on_mark: from.boolean()?,
            told_ticks: from.optional_int()?,
        })
    }
}
