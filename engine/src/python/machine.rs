//! The machine of one shard, as `bulkhead/machines/native.py` uses it.

use std::collections::HashMap;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::machine::behaviour::NEWEST;
use crate::machine::factory::make_machine;
use crate::machine::machine::{Failure, Machine as Inner, Unrestorable};
use crate::machine::streams::{Discontinuity, Output};
use crate::wire::vocabulary::Reason;

use super::value_error;

create_exception!(
    bulkhead._engine,
    MachineFailure,
    PyException,
    "A frame that was not applied; its arguments say why."
);

/// A machine of the native engine: frames in, outputs out, both as bytes.
#[pyclass(module = "bulkhead._engine")]
pub struct Machine {
    inner: Inner,
}

#[pymethods]
impl Machine {
    /// The machine of `shard` in its first state. `ValueError`: this engine has none for it.
    #[new]
    fn new(shard: &str, partition: &str) -> PyResult<Self> {
        let inner = make_machine(shard, partition)
            .ok_or_else(|| PyValueError::new_err(format!("the native engine has no machine for {shard}")))?;
        Ok(Self { inner })
    }

    #[getter]
    fn events_applied(&self) -> i64 {
        self.inner.events_applied
    }

    #[getter]
    fn duplicates_dropped(&self) -> u64 {
        self.inner.duplicates_dropped()
    }

    #[getter]
    fn tick(&self) -> i64 {
        self.inner.tick()
    }

    /// For each output its destination, first sequence, number of events, CRC-32 before them and body.
    /// `MachineFailure`: the frame was not applied, or not to its end.
    fn apply_frame<'py>(
        &mut self,
        py: Python<'py>,
        position: &[u8],
        frame: &[u8],
        skips: Vec<i64>,
        instead: HashMap<i64, Vec<u8>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let inner = &mut self.inner;
        match py.detach(|| inner.apply_frame(position, frame, &skips, &instead)) {
            Ok(outputs) => listed(py, outputs),
            Err(failure) => Err(raised(py, failure)),
        }
    }

    fn refuse_frame<'py>(
        &mut self,
        py: Python<'py>,
        position: &[u8],
        frame: &[u8],
        reason: i64,
    ) -> PyResult<Bound<'py, PyList>> {
        let reason = Reason::from_number(reason)
            .ok_or_else(|| PyValueError::new_err(format!("{reason} is no reason")))?;
        listed(py, self.inner.refuse_frame(position, frame, reason))
    }

    /// None, or how much more than `last` has been taken: then nothing is changed.
    fn accept_loss(&mut self, source: &str, last: i64, crc: u32) -> Option<i64> {
        self.inner.accept_loss(source, last, crc).err()
    }

    fn skipped<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyBytes>, i64)> {
        let skipped = self.inner.aside().skipped();
        skipped
            .map(|(position, sequence)| (PyBytes::new(py, position), sequence))
            .collect()
    }

    fn quarantined<'py>(&self, py: Python<'py>) -> Vec<(String, Vec<Bound<'py, PyBytes>>)> {
        let quarantined = self.inner.aside().quarantined();
        quarantined
            .map(|(subject, events)| {
                let events = events.iter().map(|event| PyBytes::new(py, event)).collect();
                (subject.to_owned(), events)
            })
            .collect()
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let snapshot = py.detach(|| self.inner.snapshot());
        PyBytes::new(py, &snapshot)
    }

    /// What there is now, for another thread to write while this machine goes on.
    fn freeze(&mut self) -> Frozen {
        Frozen {
            inner: Some(self.inner.freeze()),
        }
    }

    /// None, or the name and the version of the machine that the snapshot is one of, which is not this: then
    /// nothing is changed.
    fn restore(&mut self, py: Python<'_>, snapshot: &[u8]) -> PyResult<Option<(String, i64)>> {
        let inner = &mut self.inner;
        match py.detach(|| inner.restore(snapshot)) {
            Ok(()) => Ok(None),
            Err(Unrestorable::Another { name, version }) => Ok(Some((name.into(), version))),
            Err(Unrestorable::Malformed(malformed)) => Err(value_error(malformed)),
        }
    }

    fn digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let digest = py.detach(|| self.inner.digest());
        PyBytes::new(py, &digest)
    }

    /// By source: the last sequence taken.
    fn inputs(&self) -> Vec<(String, i64)> {
        let each = self.inner.inputs().each();
        each.map(|(source, stream)| (source.to_owned(), stream.last))
            .collect()
    }

    /// By destination: the last sequence, and the digest of everything sent.
    fn outputs<'py>(&self, py: Python<'py>) -> Vec<(String, i64, Bound<'py, PyBytes>)> {
        let digests = self.inner.outputs().digests().into_iter();
        digests
            .map(|(name, last, digest)| (name.to_owned(), last, PyBytes::new(py, &digest)))
            .collect()
    }
}

/// The state of a machine at one moment.
#[pyclass(module = "bulkhead._engine", frozen)]
pub struct Frozen {
    /// There until the end.
    inner: Option<Inner>,
}

#[pymethods]
impl Frozen {
    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let inner = self.inner.as_ref().expect("it is there until the end");
        let snapshot = py.detach(|| inner.snapshot());
        PyBytes::new(py, &snapshot)
    }
}

impl Drop for Frozen {
    /// Without Python's lock: what was copied since is freed here, which may be much, and the shard goes on.
    fn drop(&mut self) {
        let inner = self.inner.take();
        Python::attach(|py| py.detach(|| drop(inner)));
    }
}

fn listed<'py>(py: Python<'py>, outputs: Vec<Output<'_>>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for output in outputs {
        let body = PyBytes::new(py, output.body);
        list.append((output.destination, output.first, output.events, output.crc, body))?;
    }
    Ok(list)
}

fn raised(py: Python<'_>, failure: Failure) -> PyErr {
    match arguments(py, failure) {
        Ok(arguments) => MachineFailure::new_err(arguments.unbind()),
        Err(problem) => problem,
    }
}

fn arguments(py: Python<'_>, failure: Failure) -> PyResult<Bound<'_, PyTuple>> {
    match failure {
        Failure::Unreadable(malformed) => ("unreadable", malformed.to_string()).into_pyobject(py),
        Failure::Broken {
            source,
            destination,
            frame_crc,
            taken,
            problem,
        } => {
            let what = match problem {
                Discontinuity::Gap { expected, received } => ("gap", expected, received),
                Discontinuity::Mismatch {
                    expected, received, ..
                } => ("mismatch", expected.into(), received.into()),
            };
            ("broken", &*source, &*destination, frame_crc, taken.last, what).into_pyobject(py)
        }
        Failure::Impossible {
            source,
            sequence,
            event,
            known,
            text,
        } => (
            "impossible",
            &*source,
            sequence,
            PyBytes::new(py, &event),
            known,
            text,
        )
            .into_pyobject(py),
        Failure::BehaviourUnknown {
            source,
            sequence,
            event,
            version,
        } => (
            "behaviour",
            &*source,
            sequence,
            PyBytes::new(py, &event),
            version,
            NEWEST,
        )
            .into_pyobject(py),
        Failure::Raised {
            source,
            sequence,
            subject,
            event,
            text,
        } => (
            "raised",
            &*source,
            sequence,
            subject,
            PyBytes::new(py, &event),
            text,
        )
            .into_pyobject(py),
    }
}
