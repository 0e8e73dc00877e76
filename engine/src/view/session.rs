//! How an instrument is being traded, as its market data tell it: phase, auction, bands, mark price.

use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::messages::{BandsPublished, Event, IndicativePublished, MarkPricePublished, PhasePublished};
use crate::wire::vocabulary::Phase;

#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub phase: Phase,
    /// Price and quantity.
    pub indicative: (Option<i64>, i64),
    /// Static and dynamic width, reference price.
    pub bands: [Option<i64>; 3],
    pub mark_price_ticks: Option<i64>,
}

impl Session {
    pub fn new(phase: Phase) -> Self {
        Self {
            phase,
            indicative: (None, 0),
            bands: [None; 3],
            mark_price_ticks: None,
        }
    }

    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        if !phase.is_call() {
            self.indicative = (None, 0);
        }
    }

    /// What makes a new one equal to this.
    pub fn retell<'a>(&self, instrument_id: &'a str, tell: &mut impl FnMut(Event<'a>)) {
        let phase = self.phase;
        tell(Event::PhasePublished(PhasePublished { instrument_id, phase }));
        if self.indicative != (None, 0) {
            let (price_ticks, quantity_lots) = self.indicative;
            tell(Event::IndicativePublished(IndicativePublished {
                instrument_id,
                price_ticks,
                quantity_lots,
            }));
        }
        if self.bands != [None; 3] {
            let [static_ticks, dynamic_ticks, reference_ticks] = self.bands;
            tell(Event::BandsPublished(BandsPublished {
                instrument_id,
                static_ticks,
                dynamic_ticks,
                reference_ticks,
            }));
        }
        if let Some(price_ticks) = self.mark_price_ticks {
            tell(Event::MarkPricePublished(MarkPricePublished {
                instrument_id,
                price_ticks,
            }));
        }
    }

    pub fn write(&self, to: &mut Writer) {
        to.array(4);
        to.int(self.phase.number());
        to.array(2);
        to.optional_int(self.indicative.0);
        to.int(self.indicative.1);
        to.array(3);
        self.bands.iter().for_each(|&ticks| to.optional_int(ticks));
        to.optional_int(self.mark_price_ticks);
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        from.array_of(4)?;
        let phase = Phase::from_number(from.int()?).ok_or(Malformed("no such phase"))?;
        from.array_of(2)?;
        let indicative = (from.optional_int()?, from.int()?);
        from.array_of(3)?;
        let bands = [from.optional_int()?, from.optional_int()?, from.optional_int()?];
        Ok(Self {
            phase,
            indicative,
            bands,
            mark_price_ticks: from.optional_int()?,
        })
    }
}
