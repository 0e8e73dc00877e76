//! Bytes become a history of commands, which the engine in this binary, instrumented, and the reference, in
//! Python, carry out beside each other (tests/property/fuzzed.py). FUZZ names the kind of history.

#![no_main]

use std::sync::OnceLock;
use std::{env, panic, process};

use _engine::python_module as _engine;
use libfuzzer_sys::fuzz_target;
use pyo3::append_to_inittab;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

static JUDGE: OnceLock<Py<PyAny>> = OnceLock::new();

/// What judges a history, with the engine of this binary in the place of the installed one.
fn judge() -> &'static Py<PyAny> {
    JUDGE.get_or_init(|| {
        // libFuzzer's ends the process, before a machine can say that an event has made it panic.
        panic::set_hook(Box::new(|_| ()));
        append_to_inittab!(_engine);
        Python::attach(|py| {
            let found: PyResult<Py<PyAny>> = (|| {
                let engine = py.import("_engine")?;
                py.import("sys")?.getattr("modules")?.set_item("bulkhead._engine", engine)?;
                let name = env::var("FUZZ").unwrap_or_else(|_| "book".to_owned());
                let judge = py.import("tests.property.fuzzed")?.getattr("judge")?.call1((name,))?;
                Ok(judge.unbind())
            })();
            found.unwrap_or_else(|problem| {
                problem.print(py);
                process::abort();
            })
        })
    })
}

fuzz_target!(|data: &[u8]| {
    let judge = judge();
    Python::attach(|py| {
        if let Err(problem) = judge.call1(py, (PyBytes::new(py, data),)) {
            problem.print(py);
            process::abort();
        }
    });
});
