//! Changing the phase of trading.

use super::contents::Contents;
use super::equilibrium::equilibrium;
use super::expiry::end_day;
use super::outcomes::{Outcome, Outcomes};
use super::parked::whose_auction_begins;
use super::place::gather;
use super::terms::Phase;
use super::uncross::{as_told, trade_what_gathered};

/// continuous: orders match on arrival; a call: they gather; halted: only cancel; closed: nothing.
///
/// Resting orders stay, but day orders when it is closed. What has gathered is uncrossed before trading is
/// continuous again, if no `uncross` was.
pub fn set_phase(book: &mut Contents, phase: Phase, outcomes: &mut Outcomes) {
    if phase == Phase::Continuous && book.gathered {
        trade_what_gathered(book, equilibrium(book), outcomes);
    }
    book.phase = phase;
    if !phase.is_call() {
        book.indicative = (None, 0);
    }
    outcomes.push(Outcome::PhaseChanged(phase));
    for handle in whose_auction_begins(book, phase) {
        gather(book, handle, outcomes);
    }
    if phase == Phase::Closed {
        end_day(book, outcomes);
    }
}

/// In a call phase: Indicative, if it is another than was last told.
pub fn tell_indicative(book: &mut Contents, outcomes: &mut Outcomes) {
    let now = as_told(equilibrium(book));
    if now != book.indicative {
        book.indicative = now;
        outcomes.push(Outcome::Indicative {
            price_ticks: now.0,
            quantity_lots: now.1,
        });
    }
}
