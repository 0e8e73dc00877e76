//! The circuit breaker of one instrument: trades too far apart in too short a time change its phase.

use std::collections::VecDeque;

use crate::book::outcomes::Outcome;
use crate::book::state::known;
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::vocabulary::Phase;

/// The trades of one clock tick.
#[derive(Clone, Copy, Debug)]
struct Traded {
    tick: i64,
    low: i64,
    high: i64,
}

#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    move_ticks: i64,
    window_clock_ticks: i64,
    /// How long the phase lasts that it brings; 0: until an operator ends it.
    pub pause_clock_ticks: i64,
    pub phase: Phase,
    /// Each tick that had trades, oldest first.
    window: VecDeque<Traded>,
}

impl CircuitBreaker {
    pub fn new(move_ticks: i64, window_clock_ticks: i64, pause_clock_ticks: i64, phase: Phase) -> Self {
        Self {
            move_ticks,
            window_clock_ticks,
            pause_clock_ticks,
            phase,
            window: VecDeque::new(),
        }
    }

    /// Whether with these outcomes, at this clock tick, trades in the window are too far apart.
    pub fn trips(&mut self, tick: i64, outcomes: &[Outcome]) -> bool {
        for outcome in outcomes {
            match *outcome {
                Outcome::Traded { price_ticks, .. } => self.note(tick, price_ticks),
                Outcome::Uncrossed { price_ticks, .. } => {
                    self.forget();
                    self.note(tick, price_ticks);
                }
                _ => {}
            }
        }
        let begin = tick - self.window_clock_ticks;
        while self.window.front().is_some_and(|traded| traded.tick < begin) {
            self.window.pop_front();
        }
        let lowest = self.window.iter().map(|traded| traded.low).min();
        let highest = self.window.iter().map(|traded| traded.high).max();
        let (Some(lowest), Some(highest)) = (lowest, highest) else {
            return false;
        };
        i128::from(highest) - i128::from(lowest) > self.move_ticks.into()
    }

    /// Begin the window anew.
    pub fn forget(&mut self) {
        self.window.clear();
    }

    fn note(&mut self, tick: i64, price_ticks: i64) {
        match self.window.back_mut() {
            Some(last) if last.tick == tick => {
                last.low = last.low.min(price_ticks);
                last.high = last.high.max(price_ticks);
            }
            _ => self.window.push_back(Traded {
                tick,
                low: price_ticks,
                high: price_ticks,
            }),
        }
    }

    pub fn write(&self, to: &mut Writer) {
        to.array(5);
        to.int(self.move_ticks);
        to.int(self.window_clock_ticks);
        to.int(self.pause_clock_ticks);
        to.int(self.phase.number());
        to.array(self.window.len());
        for traded in &self.window {
            to.array(3);
            to.int(traded.tick);
            to.int(traded.low);
            to.int(traded.high);
        }
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        from.array_of(5)?;
        let (move_ticks, window_clock_ticks, pause_clock_ticks) = (from.int()?, from.int()?, from.int()?);
        let phase = known(Phase::from_number(from.int()?))?;
        let mut breaker = Self::new(move_ticks, window_clock_ticks, pause_clock_ticks, phase);
        for _ in 0..from.array()? {
            from.array_of(3)?;
            breaker.window.push_back(Traded {
                tick: from.int()?,
                low: from.int()?,
                high: from.int()?,
            });
        }
        Ok(breaker)
    }
}
