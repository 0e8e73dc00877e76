//! Who wrote a frame: the fast form of `bulkhead/wire/authentication.py`, which is its specification.
//!
//! It belongs to no machine: frames are verified before one is given them, and sealed behind it.

use blake2b_simd::many::{HashManyJob, hash_many};
use blake2b_simd::{Hash, Params};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};

use crate::wire::frame::{AUTHENTICATION_BYTES, Frame};

/// The longest key that BLAKE2b takes.
pub const KEY_BYTES_MAX: usize = blake2b_simd::KEYBYTES;

/// What a frame has to say to be for a partition, and the key of those that internal sources write to it.
pub struct Expected<'a> {
    pub exchange_id: &'a str,
    pub genesis_id: &'a [u8],
    pub destination: &'a str,
    pub mac_key: &'a [u8],
}

/// What can be said of a frame here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is what its source sent to this partition of this exchange.
    Authentic,
    /// It would be for here, had its source written it.
    Forged,
    /// No frame in a form that is read here, or not one for here: the specification says which.
    Unclear,
}

/// Look at each frame. The MACs of several are computed at once, which takes a third of the time.
///
/// # Panics
/// Where the key is longer than `KEY_BYTES_MAX`.
pub fn verify(expected: &Expected<'_>, frames: &[&[u8]]) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(frames.len());
    let (mut maced, mut authenticated) = (Vec::new(), Vec::new());
    for (place, &data) in frames.iter().enumerate() {
        verdicts.push(match Frame::read(data) {
            Ok(frame) if expected.is_for(&frame) => match frame.signer() {
                Some((public_key, _)) => signed(&public_key, data),
                None => {
                    maced.push(place);
                    authenticated.push(&data[AUTHENTICATION_BYTES..]);
                    Verdict::Forged
                }
            },
            _ => Verdict::Unclear,
        });
    }
    for (&place, mac) in maced.iter().zip(macs(expected.mac_key, &authenticated)) {
        // Compared in a time that does not depend on where they differ.
        if mac == frames[place][..AUTHENTICATION_BYTES] {
            verdicts[place] = Verdict::Authentic;
        }
    }
    verdicts
}

impl Expected<'_> {
    fn is_for(&self, frame: &Frame<'_>) -> bool {
        frame.exchange_id == self.exchange_id
            && frame.genesis_id == self.genesis_id
            && frame.destination == self.destination
    }
}

/// As OpenSSL judges it, which the specification asks: s below the group's order, and the R that is computed
/// has the bytes of the R that is there. Points of a small order and other spellings of a point are left to
/// who registers keys.
fn signed(public_key: &[u8; 32], data: &[u8]) -> Verdict {
    let Some((signature, authenticated)) = data.split_first_chunk::<AUTHENTICATION_BYTES>() else {
        return Verdict::Unclear;
    };
    let key = VerifyingKey::from_bytes(public_key);
    let judged = key.and_then(|key| key.verify(authenticated, &Signature::from_bytes(signature)));
    match judged {
        Ok(()) => Verdict::Authentic,
        Err(_) => Verdict::Forged,
    }
}

/// A frame for each, from what is to be authenticated, in pieces: its MAC, then the pieces.
///
/// # Panics
/// As `verify`.
pub fn seal(mac_key: &[u8], frames: &[Vec<&[u8]>]) -> Vec<Vec<u8>> {
    let mut sealed: Vec<Vec<u8>> = frames.iter().map(|pieces| joined(pieces)).collect();
    let authenticated: Vec<&[u8]> = sealed
        .iter()
        .map(|frame| &frame[AUTHENTICATION_BYTES..])
        .collect();
    let macs = macs(mac_key, &authenticated);
    for (frame, mac) in sealed.iter_mut().zip(macs) {
        frame[..AUTHENTICATION_BYTES].copy_from_slice(mac.as_bytes());
    }
    sealed
}

/// The pieces behind room for a MAC.
fn joined(pieces: &[&[u8]]) -> Vec<u8> {
    let bytes = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    let mut frame = Vec::with_capacity(AUTHENTICATION_BYTES + bytes);
    frame.resize(AUTHENTICATION_BYTES, 0);
    for piece in pieces {
        frame.extend_from_slice(piece);
    }
    frame
}

/// So many are computed side by side.
const LANES: usize = 4;

/// The keyed BLAKE2b of each.
fn macs(key: &[u8], authenticated: &[&[u8]]) -> Vec<Hash> {
    let mut params = Params::new();
    params.hash_length(AUTHENTICATION_BYTES).key(key);
    // Three alone would be two and then one, which takes half as long again as four.
    let spare = authenticated.iter().min_by_key(|bytes| bytes.len());
    let spare = spare.filter(|_| authenticated.len() % LANES == LANES - 1);
    let mut jobs: Vec<HashManyJob<'_>> = authenticated
        .iter()
        .chain(spare)
        .map(|bytes| HashManyJob::new(&params, bytes))
        .collect();
    hash_many(jobs.iter_mut());
    let jobs = jobs.iter().take(authenticated.len());
    jobs.map(HashManyJob::to_hash).collect()
}

#[cfg(test)]
mod tests {
    use super::{macs, seal};

    #[test]
    fn a_mac_is_the_same_beside_others() {
        let bytes: Vec<Vec<u8>> = (0..9).map(|n| vec![n as u8; n * 113]).collect();
        let all: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        let alone: Vec<_> = all.iter().flat_map(|one| macs(b"key", &[one])).collect();
        assert_eq!(macs(b"key", &all), alone);
    }

    #[test]
    fn the_pieces_stand_behind_their_mac() {
        let frames = seal(b"key", &[vec![b"head", b"body"], vec![b"headbody"]]);
        assert_eq!(frames[0], frames[1]);
        assert_eq!(&frames[0][64..], b"headbody");
        assert_eq!(&frames[0][..64], macs(b"key", &[b"headbody"])[0].as_bytes());
    }
}
