//! How an instrument is traded: what changes its phase besides operators, and its price collar.

use std::collections::BTreeMap;

use crate::book::state::known;
use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::vocabulary::Phase;

use super::breaker::CircuitBreaker;
use super::collar::Collar;

/// Of one instrument. Clock ticks are counted by their number.
#[derive(Clone, Debug, Default)]
pub struct Regime {
    /// How long a volatility interruption lasts; 0: until an operator ends it.
    pub interruption_clock_ticks: i64,
    /// When the phase ends by itself; 0: it does not.
    pub ends_at_tick: i64,
    pub breaker: Option<CircuitBreaker>,
    pub collar: Option<Collar>,
    /// By time of day in ms.
    pub timetable: BTreeMap<i64, Phase>,
    /// Up to when the timetable has been carried out; 0: of what was before, only the last phase counts.
    pub time_ms: i64,
    /// Halted because of an event that could not be applied: its book is not touched.
    pub isolated: bool,
}

impl Regime {
    pub fn write(&self, to: &mut Writer) {
        let mut map = SortedMap::default();
        map.add_if(self.interruption_clock_ticks != 0, "interruption", |to| {
            to.int(self.interruption_clock_ticks);
        });
        map.add_if(self.ends_at_tick != 0, "ends_at_tick", |to| {
            to.int(self.ends_at_tick)
        });
        if let Some(breaker) = &self.breaker {
            map.add("breaker", |to| breaker.write(to));
        }
        if let Some(collar) = &self.collar {
            map.add("collar", |to| collar.write(to));
        }
        if !self.timetable.is_empty() {
            map.add("timetable", |to| self.write_timetable(to));
            map.add("time_ms", |to| to.int(self.time_ms));
        }
        map.add_if(self.isolated, "isolated", |to| to.boolean(true));
        map.write(to);
    }

    fn write_timetable(&self, to: &mut Writer) {
        to.array(self.timetable.len());
        for (&time_ms, phase) in &self.timetable {
            to.array(2);
            to.int(time_ms);
            to.int(phase.number());
        }
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let entries = Entries::read(from)?;
        let int = |key| entries.get(key).map_or(Ok(0), |mut value| value.int());
        let mut regime = Self {
            interruption_clock_ticks: int("interruption")?,
            ends_at_tick: int("ends_at_tick")?,
            time_ms: int("time_ms")?,
            isolated: entries.get("isolated").is_some(),
            ..Self::default()
        };
        if let Some(mut value) = entries.get("breaker") {
            regime.breaker = Some(CircuitBreaker::read(&mut value)?);
        }
        if let Some(mut value) = entries.get("collar") {
            regime.collar = Some(Collar::read(&mut value)?);
        }
        if let Some(mut value) = entries.get("timetable") {
            for _ in 0..value.array()? {
                value.array_of(2)?;
                let time_ms = value.int()?;
                regime
                    .timetable
                    .insert(time_ms, known(Phase::from_number(value.int()?))?);
            }
        }
        Ok(regime)
    }
}
