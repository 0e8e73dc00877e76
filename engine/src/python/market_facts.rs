//! What a view's machine knows, as `bulkhead/views/native.py` asks for it.

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::msgpack::Writer;
use crate::view::machine::ViewMachine;
use crate::view::market_data::{Instrument, MarketData};
use crate::wire::vocabulary::Side;

use super::machine::Machine;

/// Questions about the state that a view's machine has at the moment.
///
/// `KeyError`: nothing was told of the instrument, or the interval is none that is kept.
#[pyclass(module = "bulkhead._engine", frozen)]
pub struct MarketFacts {
    machine: Py<Machine>,
}

impl MarketFacts {
    fn look<T>(&self, py: Python<'_>, at: impl FnOnce(&MarketData) -> PyResult<T>) -> PyResult<T> {
        let machine = self.machine.try_borrow(py)?;
        at(market_of(&machine)?)
    }

    fn look_at<T>(
        &self,
        py: Python<'_>,
        instrument_id: &str,
        at: impl FnOnce(&Instrument) -> PyResult<T>,
    ) -> PyResult<T> {
        self.look(py, |market| {
            let found = market.instruments.get(instrument_id);
            at(found.ok_or_else(|| PyKeyError::new_err(instrument_id.to_owned()))?)
        })
    }
}

fn market_of(machine: &Machine) -> PyResult<&MarketData> {
    let view = machine
        .inner
        .looked_at()
        .and_then(|it| it.downcast_ref::<ViewMachine>());
    let view =
        view.ok_or_else(|| PyTypeError::new_err(format!("{} is no view's machine", machine.inner.name)))?;
    Ok(&view.market)
}

fn packed<'py>(py: Python<'py>, write: impl FnOnce(&mut Writer)) -> Bound<'py, PyBytes> {
    let mut to = Writer::default();
    write(&mut to);
    PyBytes::new(py, to.as_bytes())
}

fn side_of(buys: bool) -> Side {
    if buys { Side::Buy } else { Side::Sell }
}

#[pymethods]
impl MarketFacts {
    /// `TypeError`: it is no view's machine.
    #[new]
    fn new(py: Python<'_>, machine: Py<Machine>) -> PyResult<Self> {
        market_of(&*machine.try_borrow(py)?)?;
        Ok(Self { machine })
    }

    fn instruments(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.look(py, |market| {
            let sorted = market.sorted().into_iter();
            Ok(sorted.map(|(name, _)| name.to_owned()).collect())
        })
    }

    fn orders_resting(&self, py: Python<'_>) -> PyResult<usize> {
        self.look(py, |market| Ok(market.resting()))
    }

    fn session<'py>(&self, py: Python<'py>, instrument_id: &str) -> PyResult<Bound<'py, PyBytes>> {
        self.look_at(py, instrument_id, |instrument| {
            Ok(packed(py, |to| instrument.session.write(to)))
        })
    }

    fn trades<'py>(
        &self,
        py: Python<'py>,
        instrument_id: &str,
        count: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.look_at(py, instrument_id, |instrument| {
            Ok(packed(py, |to| instrument.trades.write(count, to)))
        })
    }

    fn candles<'py>(
        &self,
        py: Python<'py>,
        instrument_id: &str,
        interval: &str,
        count: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.look_at(py, instrument_id, |instrument| {
            let mut to = Writer::default();
            let written = instrument.candles.write_last(interval, count, &mut to);
            written.ok_or_else(|| PyKeyError::new_err(interval.to_owned()))?;
            Ok(PyBytes::new(py, to.as_bytes()))
        })
    }

    /// Price, sum of lots, number of orders; the best first.
    fn levels(
        &self,
        py: Python<'_>,
        instrument_id: &str,
        buys: bool,
        depth: usize,
    ) -> PyResult<Vec<(i64, i128, u32)>> {
        self.look_at(py, instrument_id, |instrument| {
            let levels = instrument.depth.levels(side_of(buys)).take(depth);
            Ok(levels
                .filter_map(|level| Some((level.price_ticks?, level.lots, level.orders)))
                .collect())
        })
    }

    /// Order id, price (None: a market order that waits), lots left.
    fn orders(
        &self,
        py: Python<'_>,
        instrument_id: &str,
        buys: bool,
        levels: usize,
    ) -> PyResult<Vec<(i64, Option<i64>, i64)>> {
        self.look_at(py, instrument_id, |instrument| {
            Ok(instrument.depth.rows(side_of(buys), levels).collect())
        })
    }

    /// Orders added, orders resting, trades, lots traded.
    fn counters(&self, py: Python<'_>, instrument_id: &str) -> PyResult<(i64, usize, i64, i128)> {
        self.look_at(py, instrument_id, |instrument| {
            let told = instrument.counters;
            Ok((
                told.orders_added,
                instrument.depth.len(),
                told.trades,
                told.volume_lots,
            ))
        })
    }

    /// The events that make a new view equal to this one, but for its candles.
    fn retold<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        self.look(py, |market| {
            let (mut events, mut to) = (Vec::with_capacity(market.resting()), Writer::default());
            market.retell(|event| {
                to.clear();
                event.write(&mut to);
                events.push(PyBytes::new(py, to.as_bytes()));
            });
            Ok(events)
        })
    }
}
