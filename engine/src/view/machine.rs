//! Which message goes where in a view.

use std::any::Any;

use crate::machine::domain::{Domain, handlers};
use crate::msgpack::{Read, Reader, Writer};

use super::market_data::{
    MarketData, added, bands, busted, corrected, indicative, mark_price, phase, reduced, removed, totals,
    traded, unpriced_added,
};
use super::state;

/// The machine of a view of one `market_data` partition. It says nothing.
#[derive(Default)]
pub struct ViewMachine {
    pub market: MarketData,
}

impl Domain for ViewMachine {
    handlers! { market:
        DepthAdded => added,
        DepthReduced => reduced,
        DepthRemoved => removed,
        TradePublished => traded,
        PhasePublished => phase,
        TotalsTold => totals,
        TradeBustPublished => busted,
        TradeCorrectionPublished => corrected,
        UnpricedAdded => unpriced_added,
        IndicativePublished => indicative,
        BandsPublished => bands,
        MarkPricePublished => mark_price,
    }

    fn tick(&self) -> i64 {
        0
    }

    fn write(&self, to: &mut Writer) {
        state::save(&self.market, to);
    }

    fn freeze(&mut self) -> Box<dyn Domain> {
        Box::new(Self {
            market: self.market.freeze(),
        })
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Read<()> {
        self.market = state::load(from)?;
        Ok(())
    }

    fn looked_at(&self) -> Option<&dyn Any> {
        Some(self)
    }
}
