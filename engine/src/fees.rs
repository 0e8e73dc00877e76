//! Fees: rates in 1e-7 of the notional, charged cumulatively per order: see `bulkhead/domain/fees.py`.

use crate::integers::Wide;

/// The rate that is the whole notional.
pub const RATE_ONE: i64 = 10_000_000;

/// A rate as a million orders keep it.
pub type FeeRate = i32;

/// # Panics
/// Where it is no rate that a message may have, 1 at most in either direction.
pub fn fee_rate(rate: i64) -> FeeRate {
    FeeRate::try_from(rate).expect("a rate of at most RATE_ONE")
}

/// The sum over fills of rate x notional, which may be wider than an i128: kept as what it charges and what
/// that rounds off, so that charging needs no wide division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeBasis {
    /// `sum // RATE_ONE`, its higher and its lower half: an i128 would have to stand at a multiple of 16.
    charged: [u64; 2],
    /// `sum % RATE_ONE`
    rest: u32,
}

/// What is the rest of a division by it fits.
const _: () = assert!(RATE_ONE < u32::MAX as i64);

impl FeeBasis {
    /// Add a fill's rate x notional; what is charged for it.
    pub fn charge(&mut self, rate: i64, notional: i128) -> i128 {
        let product = i64::try_from(notional)
            .ok()
            .and_then(|notional| rate.checked_mul(notional)?.checked_add(self.rest.into()));
        let fee_amount = match product {
            Some(product) => {
                self.rest = product.rem_euclid(RATE_ONE) as u32;
                product.div_euclid(RATE_ONE).into()
            }
            None => self.charge_much(rate, notional),
        };
        self.charged = halves(self.charged() + fee_amount);
        fee_amount
    }

    fn charged(self) -> i128 {
        let [high, low] = self.charged.map(u128::from);
        (high << 64 | low) as i128
    }

    fn charge_much(&mut self, rate: i64, notional: i128) -> i128 {
        let one = i128::from(RATE_ONE);
        let rest = rate * (notional.rem_euclid(one) as i64) + i64::from(self.rest);
        self.rest = rest.rem_euclid(RATE_ONE) as u32;
        i128::from(rate) * notional.div_euclid(one) + i128::from(rest.div_euclid(RATE_ONE))
    }

    /// The sum, as a snapshot keeps it.
    pub fn to_wide(self) -> Wide {
        let (high, low) = (self.charged() >> 64, self.charged() as u64);
        let low = u128::from(low) * RATE_ONE as u128 + u128::from(self.rest);
        let high = high * i128::from(RATE_ONE) + (low >> 64) as i128;
        let mut wide = [0; 24];
        wide[..16].copy_from_slice(&high.to_be_bytes());
        wide[16..].copy_from_slice(&(low as u64).to_be_bytes());
        wide
    }

    /// None: beyond what can have been charged.
    pub fn from_wide(wide: &Wide) -> Option<Self> {
        let high = i128::from_be_bytes(*wide.first_chunk()?);
        let low = u64::from_be_bytes(*wide.last_chunk()?);
        let one = i128::from(RATE_ONE);
        let low = high.rem_euclid(one) << 64 | i128::from(low);
        let charged = high.div_euclid(one).checked_mul(1 << 64)?;
        Some(Self {
            charged: halves(charged.checked_add(low / one)?),
            rest: (low % one) as u32,
        })
    }
}

fn halves(number: i128) -> [u64; 2] {
    [(number >> 64) as u64, number as u64]
}

/// What one fill alone is charged: floor(rate x notional / RATE_ONE).
pub fn charged(rate: i64, notional: i128) -> i128 {
    FeeBasis::default().charge(rate, notional)
}

#[cfg(test)]
mod tests {
    use super::{FeeBasis, charged};

    #[test]
    fn a_fee_is_rounded_down_a_rebate_away_from_zero() {
        assert_eq!(charged(15_000, 999), 1);
        assert_eq!(charged(-1, 1), -1);
        assert_eq!(charged(10_000_000, i128::MAX), i128::MAX);
        assert_eq!(charged(-3, 1 << 100), -((3 << 100) / 10_000_000) - 1);
    }

    #[test]
    fn what_fills_were_charged_adds_up_to_what_their_sum_is() {
        for notionals in [[7, 11, 13], [1 << 70, -(1 << 80), 3]] {
            let mut basis = FeeBasis::default();
            let fees: i128 = notionals
                .iter()
                .map(|&notional| basis.charge(-12_345, notional))
                .sum();
            assert_eq!(fees, charged(-12_345, notionals.iter().sum()));
            assert_eq!(FeeBasis::from_wide(&basis.to_wide()), Some(basis));
        }
    }
}
