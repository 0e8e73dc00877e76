//! What Python sees of this crate: the module `bulkhead._engine`.

mod authentication;
mod book_core;
mod machine;
mod market_facts;
mod passing;

use pyo3::exceptions::{PyLookupError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::msgpack::{Malformed, Writer};
use crate::wire::event::Undecodable;
use crate::wire::frame::{advance_crc_over, end_in};
use crate::wire::messages::Event;
use crate::{PROFILE_GUIDED, VERSION};

#[pymodule]
pub mod _engine {
    use super::{
        Bound, Event, PROFILE_GUIDED, PyBytes, PyModule, PyModuleMethods, PyResult, Python, VERSION, Writer,
        advance_crc_over, end_in, pyfunction, undecodable, value_error,
    };

    #[pymodule_export]
    use super::authentication::{seal_frames, verify_frames};
    #[pymodule_export]
    use super::book_core::BookCore;
    #[pymodule_export]
    use super::machine::{Frozen, Machine, MachineFailure};
    #[pymodule_export]
    use super::market_facts::MarketFacts;
    #[pymodule_export]
    use super::passing::PassingMachine;

    /// The version of the crate that this module was built from.
    #[pyfunction]
    fn version() -> &'static str {
        VERSION
    }

    /// Whether a profile of exchanges at work guided the compiler.
    #[pyfunction]
    fn profile_guided() -> bool {
        PROFILE_GUIDED
    }

    /// An event, decoded and encoded again: for tests of the codec.
    #[pyfunction]
    fn recode_event<'py>(py: Python<'py>, event: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let message = Event::decode(event).map_err(undecodable)?;
        let mut to = Writer::default();
        message.write(&mut to);
        Ok(PyBytes::new(py, &to.into_bytes()))
    }

    /// Where the first `count` events of a body end, and the stream's CRC-32 there. `ValueError`: it has fewer.
    #[pyfunction]
    fn cut_body(py: Python<'_>, body: &[u8], count: usize, crc: u32) -> PyResult<(usize, u32)> {
        py.detach(|| end_in(body, count).map(|end| (end, advance_crc_over(crc, &body[..end]))))
            .map_err(value_error)
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", VERSION)
    }
}

fn undecodable(problem: Undecodable) -> PyErr {
    match problem {
        Undecodable::Malformed(malformed) => value_error(malformed),
        Undecodable::TypeUnknown(_) => PyLookupError::new_err(problem.to_string()),
    }
}

fn value_error(malformed: Malformed) -> PyErr {
    PyValueError::new_err(malformed.to_string())
}
