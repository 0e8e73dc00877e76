//! Frames verified and sealed, as `bulkhead/wire/authentication.py` uses it.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::authentication::{Expected, KEY_BYTES_MAX, Verdict, seal, verify};

/// A byte for each frame: 0 authentic, 1 forged, 2 unclear here. `ValueError`: no such key.
#[pyfunction]
pub fn verify_frames<'py>(
    py: Python<'py>,
    exchange_id: &str,
    genesis_id: &[u8],
    destination: &str,
    mac_key: &[u8],
    frames: Vec<Bound<'py, PyBytes>>,
) -> PyResult<Bound<'py, PyBytes>> {
    check_key(mac_key)?;
    let expected = Expected {
        exchange_id,
        genesis_id,
        destination,
        mac_key,
    };
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_bytes()).collect();
    let verdicts = py.detach(|| verify(&expected, &frames));
    let bytes: Vec<u8> = verdicts.into_iter().map(number).collect();
    Ok(PyBytes::new(py, &bytes))
}

fn number(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Authentic => 0,
        Verdict::Forged => 1,
        Verdict::Unclear => 2,
    }
}

/// The frames of these pieces, each behind its MAC. `ValueError`: no such key.
#[pyfunction]
pub fn seal_frames<'py>(
    py: Python<'py>,
    mac_key: &[u8],
    frames: Vec<Vec<Bound<'py, PyBytes>>>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    check_key(mac_key)?;
    let frames: Vec<Vec<&[u8]>> = frames
        .iter()
        .map(|pieces| pieces.iter().map(|piece| piece.as_bytes()).collect())
        .collect();
    let sealed = py.detach(|| seal(mac_key, &frames));
    Ok(sealed.iter().map(|frame| PyBytes::new(py, frame)).collect())
}

fn check_key(mac_key: &[u8]) -> PyResult<()> {
    if mac_key.len() <= KEY_BYTES_MAX {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "a MAC key has at most {KEY_BYTES_MAX} bytes, not {}",
        mac_key.len()
    )))
}
