//! In the steady state a plain order costs no allocation: a test of its own, since it counts them all.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use _engine::book::book::Book;
use _engine::book::book_rules::BookRules;
use _engine::book::order::Order;
use _engine::book::outcomes::{CancelReason, Outcome, Outcomes};
use _engine::book::terms::Side;

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is the system allocator's own, with what the caller promised to it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const RESTING: i64 = 1000;
const LEVELS: i64 = 50;

/// A book with as many orders as it is ever to have, at prices that stay.
struct Market {
    book: Book,
    outcomes: Outcomes,
    next_id: i64,
    traded: usize,
}

impl Market {
    fn new() -> Self {
        let book = Book::new(None, BookRules::default());
        let mut market = Self {
            book,
            outcomes: Outcomes::with_capacity(64),
            next_id: 1,
            traded: 0,
        };
        for _ in 0..RESTING {
            market.add();
        }
        market
    }

    /// A bid and an ask, each at one of its prices.
    fn add(&mut self) {
        let level = self.next_id / 4 % LEVELS;
        for (side, price_ticks) in [(Side::Buy, 1000 - level), (Side::Sell, 1001 + level)] {
            self.place(side, price_ticks, 2);
        }
    }

    fn place(&mut self, side: Side, price_ticks: i64, lots: i64) {
        self.outcomes.clear();
        self.book.place(
            Order::new(self.next_id, side, price_ticks, lots),
            &mut self.outcomes,
        );
        self.next_id += 1;
        self.traded += self
            .outcomes
            .iter()
            .filter(|o| matches!(o, Outcome::Traded { .. }))
            .count();
    }

    /// Three orders come, a fourth takes half of one, and the oldest four are canceled.
    fn turn(&mut self) {
        self.add();
        self.place(Side::Sell, 1001, 2);
        self.place(Side::Buy, 1001, 1);
        let oldest = self.next_id - 2 * RESTING;
        for order_id in oldest..oldest + 4 {
            self.outcomes.clear();
            self.book
                .cancel(order_id, CancelReason::Requested, false, &mut self.outcomes);
        }
    }
}

#[test]
fn a_plain_order_comes_trades_and_leaves_without_an_allocation() {
    let mut market = Market::new();
    for _ in 0..10_000 {
        market.turn();
    }
    let (allocations, traded) = (ALLOCATIONS.load(Ordering::Relaxed), market.traded);
    for _ in 0..10_000 {
        market.turn();
    }
    assert_eq!(market.traded, traded + 10_000);
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), allocations);
}
