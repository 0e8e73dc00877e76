//! The commands of a book together.

use super::bands::{Bands, set_bands};
use super::book_rules::BookRules;
use super::cancel::{cancel, end_live};
use super::contents::Contents;
use super::equilibrium::{Equilibrium, equilibrium};
use super::expiry::tick;
use super::links::{follow_links, place_bracket, place_pair};
use super::mass_cancel::mass_cancel;
use super::mass_quote::mass_quote;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes, Rejected};
use super::phase::{set_phase, tell_indicative};
use super::place::place;
use super::pro_rata::ProRata;
use super::replace::{Changes, replace};
use super::stops::set_mark_price;
use super::terms::{Phase, Side};
use super::triggers::trigger_stops;
use super::uncross::uncross;

/// The book of one instrument. A refused command changes nothing; a new book is empty, continuous, with no
/// last price, at time 0.
///
/// Each command adds what it causes to `outcomes`, which hold nothing before: what follows from them, for
/// linked orders, stops and the indicative price, comes after its own. The orders that outcomes name can be
/// read until the next command.
#[derive(Debug)]
pub struct Book {
    pub contents: Contents,
}

impl Book {
    pub fn new(pro_rata: Option<ProRata>, rules: BookRules) -> Self {
        Self {
            contents: Contents::new(pro_rata, rules),
        }
    }

    /// Take a new order: Rejected, or Accepted first, then Traded…, then Rested or Canceled or nothing.
    pub fn place(&mut self, order: Order, outcomes: &mut Outcomes) {
        let book = self.begin();
        let handle = book.orders.insert(order);
        let refusal = place(book, handle, outcomes);
        self.end(refusal, outcomes);
    }

    /// Take two new orders, of which one cancels the other: as `place`, both or neither.
    pub fn place_pair(&mut self, limit: Order, stop: Order, outcomes: &mut Outcomes) {
        let book = self.begin();
        let [limit, stop] = [limit, stop].map(|order| book.orders.insert(order));
        let refusal = place_pair(book, limit, stop, outcomes);
        self.end(refusal, outcomes);
    }

    /// Take a new order with the pair that is to end what it has traded: as `place`, all or none.
    pub fn place_bracket(&mut self, entry: Order, limit: Order, stop: Order, outcomes: &mut Outcomes) {
        let book = self.begin();
        let [entry, limit, stop] = [entry, limit, stop].map(|order| book.orders.insert(order));
        let refusal = place_bracket(book, entry, limit, stop, outcomes);
        self.end(refusal, outcomes);
    }

    /// Take a live order off: Canceled or Rejected. `while_closed`: in that phase too.
    pub fn cancel(
        &mut self,
        order_id: i64,
        reason: CancelReason,
        while_closed: bool,
        outcomes: &mut Outcomes,
    ) {
        let refusal = cancel(self.begin(), order_id, reason, while_closed, outcomes);
        self.end(refusal, outcomes);
    }

    /// Take these live orders off, in any phase: Canceled with `BookLost` for each. An id that is not on the
    /// book is passed over.
    pub fn clear(&mut self, order_ids: &[i64], outcomes: &mut Outcomes) {
        let book = self.begin();
        for &order_id in order_ids {
            if let Some(handle) = book.find(order_id) {
                outcomes.push(end_live(book, handle, CancelReason::BookLost));
            }
        }
        follow_links(book, outcomes, 0);
    }

    /// Give a live order another price, REMAINING quantity, special terms; None leaves them as they are.
    pub fn replace(
        &mut self,
        order_id: i64,
        price_ticks: Option<i64>,
        quantity_lots: Option<i64>,
        changes: Option<Changes>,
        outcomes: &mut Outcomes,
    ) {
        let refusal = replace(
            self.begin(),
            order_id,
            price_ticks,
            quantity_lots,
            changes,
            outcomes,
        );
        self.end(refusal, outcomes);
    }

    /// Change the phase: PhaseChanged, also when the book was in it already; then what that ends.
    pub fn set_phase(&mut self, phase: Phase, outcomes: &mut Outcomes) {
        set_phase(self.begin(), phase, outcomes);
        self.follow(outcomes);
    }

    /// End a call phase: Indicative, Uncrossed…, Canceled…, PhaseChanged; elsewhere Rejected.
    pub fn uncross(&mut self, outcomes: &mut Outcomes) {
        let refusal = uncross(self.begin(), outcomes);
        self.end(refusal, outcomes);
    }

    /// Move the book's time: Expired for each order whose time is over. It never goes back.
    pub fn tick(&mut self, time_ms: i64, outcomes: &mut Outcomes) {
        tick(self.begin(), time_ms, outcomes);
        self.follow(outcomes);
    }

    /// Take off every live order of a side (None: both) that `is_meant`: Canceled…, or Rejected.
    pub fn mass_cancel(
        &mut self,
        side: Option<Side>,
        is_meant: &dyn Fn(&Order) -> bool,
        outcomes: &mut Outcomes,
    ) {
        let refusal = mass_cancel(self.begin(), side, is_meant, outcomes);
        self.end(refusal, outcomes);
    }

    /// Set quotes at once, all or none; live ones are those of their group, which `is_meant`.
    pub fn mass_quote(
        &mut self,
        quotes: Vec<Order>,
        is_meant: &dyn Fn(&Order) -> bool,
        outcomes: &mut Outcomes,
    ) {
        let book = self.begin();
        let quotes: Vec<Handle> = quotes
            .into_iter()
            .map(|order| book.orders.insert(order))
            .collect();
        let refusal = mass_quote(book, &quotes, is_meant, outcomes);
        self.end(refusal, outcomes);
    }

    /// Move the price that stops on mark wait for: what they do, or Rejected.
    pub fn set_mark_price(&mut self, price_ticks: i64, outcomes: &mut Outcomes) {
        let refusal = set_mark_price(self.begin(), price_ticks);
        self.end(refusal, outcomes);
    }

    /// Give the book price bands, None for none, and where it is known the price that static ones lie
    /// around: nothing, or Rejected.
    pub fn set_bands(&mut self, bands: Option<Bands>, reference_ticks: Option<i64>, outcomes: &mut Outcomes) {
        if let Err(refusal) = set_bands(self.begin(), bands, reference_ticks) {
            outcomes.push(Outcome::Rejected(refusal));
        }
    }

    /// What an uncross would trade now; None if nothing, and outside a call phase.
    pub fn equilibrium(&self) -> Option<Equilibrium> {
        if self.contents.phase.is_call() {
            equilibrium(&self.contents)
        } else {
            None
        }
    }

    fn begin(&mut self) -> &mut Contents {
        self.contents.sweep();
        &mut self.contents
    }

    fn end(&mut self, refusal: Result<(), Rejected>, outcomes: &mut Outcomes) {
        if let Err(refusal) = refusal {
            outcomes.push(Outcome::Rejected(refusal));
        }
        self.follow(outcomes);
    }

    /// Add what a command's outcomes cause in their turn.
    fn follow(&mut self, outcomes: &mut Outcomes) {
        let book = &mut self.contents;
        if book.quiet && book.phase == Phase::Continuous {
            return;
        }
        follow_links(book, outcomes, 0);
        if book.phase == Phase::Continuous && !book.stops.is_empty() {
            trigger_stops(book, outcomes);
        }
        if book.phase.is_call() {
            tell_indicative(book, outcomes);
        }
        book.quiet = book.stops.is_empty() && book.links.is_empty();
    }
}
