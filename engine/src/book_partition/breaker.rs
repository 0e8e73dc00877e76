//! The circuit breaker of one instrument: trades too far apart in too short a time change its phase.

use std::collections::VecDeque;

use crate::book::outcomes::Outcome;
use crate::book::state::known;
use crate::book::terms::Phase;
use crate::msgpack::{Read, Reader, Writer};

/// `pause_clock_ticks`: how long the phase lasts that it brings; 0: until an operator ends it.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    move_ticks: i64,
    window_clock_ticks: i64,
    pub pause_clock_ticks: i64,
    pub phase: Phase,
    /// (clock tick, lowest, highest price in ticks) of each tick that had trades, oldest first.
    window: VecDeque<(i64, i64, i64)>,
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
                Outcome::Uncrossed { price_ticks, .. } => {
                    self.window.clear();
                    self.note(tick, price_ticks);
                }
                Outcome::Traded { price_ticks, .. } => self.note(tick, price_ticks),
                _ => {}
            }
        }
        let begin = tick - self.window_clock_ticks;
        while self.window.front().is_some_and(|&(tick, _, _)| tick < begin) {
            self.window.pop_front();
        }
        let lowest = self.window.iter().map(|&(_, low, _)| low).min();
        let highest = self.window.iter().map(|&(_, _, high)| high).max();
        match (lowest, highest) {
            (Some(lowest), Some(highest)) => {
                i128::from(highest) - i128::from(lowest) > i128::from(self.move_ticks)
            }
            _ => false,
        }
    }

    /// Begin the window anew.
    pub fn forget(&mut self) {
        self.window.clear();
    }

    fn note(&mut self, tick: i64, price_ticks: i64) {
        match self.window.back_mut() {
            Some((last, low, high)) if *last == tick => {
                *low = price_ticks.min(*low);
                *high = price_ticks.max(*high);
            }
            _ => self.window.push_back((tick, price_ticks, price_ticks)),
        }
    }

    pub fn write(&self, to: &mut Writer) {
        to.array(5);
        to.int(self.move_ticks);
        to.int(self.window_clock_ticks);
        to.int(self.pause_clock_ticks);
        to.int(self.phase.number());
        to.array(self.window.len());
        for &(tick, low, high) in &self.window {
            to.array(3);
            to.int(tick);
            to.int(low);
            to.int(high);
        }
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        from.array_of(5)?;
        let (move_ticks, window_clock_ticks, pause_clock_ticks) = (from.int()?, from.int()?, from.int()?);
        let phase = known(Phase::from_number(from.int()?))?;
        let mut breaker = Self::new(move_ticks, window_clock_ticks, pause_clock_ticks, phase);
        for _ in 0..from.array()? {
            from.array_of(3)?;
            breaker.window.push_back((from.int()?, from.int()?, from.int()?));
        }
        Ok(breaker)
    }
}
