//! The native engine: the machines on the per-order path, loaded by Python as `bulkhead._engine`.
//!
//! It has no logic of its own to explain: `bulkhead/domain` is the specification, and what this crate
//! answers is equal to it byte for byte.

use pyo3::prelude::*;

/// The crate's version: the package and the engine that it loads must be of one build.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[pymodule]
mod _engine {
    use super::{Bound, PyModule, PyModuleMethods, PyResult, VERSION, pyfunction};

    /// The version of the crate that this module was built from.
    #[pyfunction]
    fn version() -> &'static str {
        VERSION
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", VERSION)
    }
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_has_three_numbers() {
        assert_eq!(VERSION.split('.').flat_map(str::parse::<u32>).count(), 3);
    }
}
