//! Machines that only pass events on, as the benchmark uses them (`bench/passing.py`).

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::machine::machine::Unrestorable;
use crate::machine::passing::{Passing, Ways};

use super::machine::{listed, raised};
use super::value_error;

/// As a `Machine`, with less to ask.
#[pyclass(module = "bulkhead._engine")]
pub struct PassingMachine {
    inner: Passing,
}

#[pymethods]
impl PassingMachine {
    #[new]
    fn new(shard: &str, book: &str, participants: HashMap<[u8; 32], String>, copies: Vec<String>) -> Self {
        let participants = participants.into_iter();
        let ways = Ways {
            is_risk: shard.starts_with("risk/"),
            book: book.into(),
            participants: participants.map(|(key, reports)| (key, reports.into())).collect(),
            copies: copies.into_iter().map(Into::into).collect(),
        };
        Self {
            inner: Passing::new(shard, ways),
        }
    }

    #[getter]
    fn events_applied(&self) -> i64 {
        self.inner.events_applied
    }

    #[getter]
    fn duplicates_dropped(&self) -> u64 {
        self.inner.inputs().duplicates
    }

    #[getter]
    fn tick(&self) -> i64 {
        0
    }

    fn apply_frame<'py>(
        &mut self,
        py: Python<'py>,
        position: &[u8],
        frame: &[u8],
        skips: Vec<i64>,
        instead: HashMap<i64, Vec<u8>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let _ = (position, skips, instead); // it has no dead letters and no quarantine
        let inner = &mut self.inner;
        match py.detach(|| inner.apply_frame(frame)) {
            Ok(outputs) => listed(py, outputs),
            Err(failure) => Err(raised(py, failure)),
        }
    }

    fn skipped<'py>(&self) -> Vec<(Bound<'py, PyBytes>, i64)> {
        Vec::new()
    }

    fn quarantined<'py>(&self) -> Vec<(String, Vec<Bound<'py, PyBytes>>)> {
        Vec::new()
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let snapshot = py.detach(|| self.inner.snapshot());
        PyBytes::new(py, &snapshot)
    }

    fn freeze(&mut self) -> Self {
        Self {
            inner: self.inner.freeze(),
        }
    }

    fn restore(&mut self, snapshot: &[u8]) -> PyResult<Option<(String, i64)>> {
        match self.inner.restore(snapshot) {
            Ok(()) => Ok(None),
            Err(Unrestorable::Another { name, version }) => Ok(Some((name.into(), version))),
            Err(Unrestorable::Malformed(malformed)) => Err(value_error(malformed)),
        }
    }

    fn digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.digest())
    }

    fn inputs(&self) -> Vec<(String, i64)> {
        let each = self.inner.inputs().each();
        each.map(|(source, stream)| (source.to_owned(), stream.last))
            .collect()
    }

    fn outputs<'py>(&self, py: Python<'py>) -> Vec<(String, i64, Bound<'py, PyBytes>)> {
        let digests = self.inner.outputs().digests().into_iter();
        digests
            .map(|(name, last, digest)| (name.to_owned(), last, PyBytes::new(py, &digest)))
            .collect()
    }
}
