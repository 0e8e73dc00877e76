//! The book of one instrument, for tests and benchmarks.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::book::book::Book;
use crate::book::book_rules::BookRules;
use crate::book::pro_rata::ProRata;
use crate::book::state::{load, state, write_row};
use crate::book_bytes;
use crate::msgpack::Writer;

use super::value_error;

/// Commands in, outcomes out, both as bytes.
#[pyclass(module = "bulkhead._engine")]
pub struct BookCore {
    book: Book,
}

#[pymethods]
impl BookCore {
    /// `pro_rata`: (`top_order`, `minimum_lots`); None: by price and time.
    #[new]
    #[pyo3(signature = (pro_rata, least_display_lots, early_auction_orders))]
    fn new(pro_rata: Option<(bool, i64)>, least_display_lots: i64, early_auction_orders: bool) -> Self {
        let pro_rata = pro_rata.map(|(top_order, minimum_lots)| ProRata {
            top_order,
            minimum_lots,
        });
        Self {
            book: Book::new(
                pro_rata,
                BookRules {
                    least_display_lots,
                    early_auction_orders,
                },
            ),
        }
    }

    /// The book that `state` described.
    #[staticmethod]
    fn from_state(state: &[u8]) -> PyResult<Self> {
        let contents = load(state).map_err(value_error)?;
        Ok(Self {
            book: Book { contents },
        })
    }

    /// Carry out commands; for each an array of its outcomes.
    fn apply<'py>(&mut self, py: Python<'py>, commands: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let book = &mut self.book;
        let answer = py
            .detach(|| book_bytes::apply(book, commands))
            .map_err(value_error)?;
        Ok(PyBytes::new(py, &answer))
    }

    /// The canonical plain state.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let saved = py.detach(|| state(&self.book.contents));
        PyBytes::new(py, &saved)
    }

    /// An order's row of the state, with its side before it: a live order, or one that the last command has
    /// ended.
    fn order<'py>(&self, py: Python<'py>, order_id: i64) -> Option<Bound<'py, PyBytes>> {
        let contents = &self.book.contents;
        let handle = contents
            .find(order_id)
            .or_else(|| contents.orders.ended(order_id))?;
        let mut to = Writer::default();
        write_row(&contents.orders[handle], true, &mut to);
        Some(PyBytes::new(py, &to.into_bytes()))
    }

    /// (price in ticks, quantity in lots) that an uncross would trade now; None if nothing, and outside a
    /// call phase.
    fn equilibrium(&self) -> Option<(i64, i128)> {
        self.book
            .equilibrium()
            .map(|found| (found.price_ticks, found.quantity_lots))
    }
}
