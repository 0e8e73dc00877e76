//! Integers that may not fit 64 bits, as a snapshot keeps them: see `bulkhead/domain/integers.py`.
//!
//! The reference's have no bound, here they have 192 bits: the widest is an order's fee basis, an amount
//! times a rate.

use crate::msgpack::{Malformed, Read, Reader, Writer};

/// Big-endian two's complement.
pub type Wide = [u8; 24];

const TOO_WIDE: Malformed = Malformed("an integer beyond what its field may hold");

pub fn wide(number: i128) -> Wide {
    let mut wide = [if number < 0 { 0xff } else { 0 }; 24];
    wide[8..].copy_from_slice(&number.to_be_bytes());
    wide
}

pub fn wide_unsigned(number: u128) -> Wide {
    let mut wide = [0; 24];
    wide[8..].copy_from_slice(&number.to_be_bytes());
    wide
}

/// `one * other`, which panics where an i128 does not hold it, as the product itself does.
///
/// Most factors fit 64 bits: a checked product of 128 bits is a call, one of 64 an instruction.
#[inline]
pub fn times(one: i128, other: i128) -> i128 {
    match (i64::try_from(one), i64::try_from(other)) {
        (Ok(one), Ok(other)) => i128::from(one) * i128::from(other),
        _ => one * other,
    }
}

/// As long as the reference says: a byte of -128 has two.
pub fn write(number: &Wide, to: &mut Writer) {
    let bits = 192 - leading_zeros(&magnitude(number));
    to.bin(&number[number.len() - (bits / 8 + 1)..]);
}

pub fn write_i128(number: i128, to: &mut Writer) {
    write(&wide(number), to);
}

pub fn read(from: &mut Reader<'_>) -> Read<Wide> {
    let bytes = from.bin()?;
    let first = *bytes.first().ok_or(Malformed("an integer of no bytes"))?;
    let mut number = [if first < 0x80 { 0 } else { 0xff }; 24];
    let begin = number.len().checked_sub(bytes.len()).ok_or(TOO_WIDE)?;
    number[begin..].copy_from_slice(bytes);
    Ok(number)
}

pub fn read_i128(from: &mut Reader<'_>) -> Read<i128> {
    let read = read(from)?;
    let number = i128::from_be_bytes(tail(&read));
    if wide(number) == read {
        Ok(number)
    } else {
        Err(TOO_WIDE)
    }
}

pub fn read_u128(from: &mut Reader<'_>) -> Read<u128> {
    let read = read(from)?;
    let number = u128::from_be_bytes(tail(&read));
    if wide_unsigned(number) == read {
        Ok(number)
    } else {
        Err(TOO_WIDE)
    }
}

fn tail(number: &Wide) -> [u8; 16] {
    *number.last_chunk().expect("24 bytes have 16")
}

fn magnitude(number: &Wide) -> Wide {
    if number[0] < 0x80 {
        return *number;
    }
    let mut negated = number.map(|byte| !byte);
    for byte in negated.iter_mut().rev() {
        let (sum, carries) = byte.overflowing_add(1);
        *byte = sum;
        if !carries {
            break;
        }
    }
    negated
}

fn leading_zeros(number: &Wide) -> usize {
    let whole = number.iter().take_while(|&&byte| byte == 0).count();
    8 * whole + number.get(whole).map_or(0, |byte| byte.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::{read_i128, read_u128, times, wide, wide_unsigned, write};
    use crate::msgpack::{Reader, Writer};

    /// The lengths are those of `number.bit_length() // 8 + 1`.
    #[test]
    fn an_integer_has_the_length_that_it_has_in_the_reference_and_is_read_again() {
        for (number, length) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (-127, 1),
            (-128, 2),
            (-129, 2),
            (-256, 2),
            (32767, 2),
            (i128::MAX, 16),
            (i128::MIN + 1, 16),
            (i128::MIN, 17),
        ] {
            let mut to = Writer::default();
            write(&wide(number), &mut to);
            assert_eq!(to.as_bytes().len(), 2 + length, "{number}");
            assert_eq!(read_i128(&mut Reader::new(to.as_bytes())), Ok(number));
        }
    }

    #[test]
    fn an_amount_beyond_a_signed_one_has_a_byte_more() {
        let mut to = Writer::default();
        write(&wide_unsigned(u128::MAX), &mut to);
        assert_eq!(to.as_bytes().len(), 2 + 17);
        assert_eq!(read_u128(&mut Reader::new(to.as_bytes())), Ok(u128::MAX));
        assert!(read_i128(&mut Reader::new(to.as_bytes())).is_err());
    }

    #[test]
    fn a_product_is_the_same_whether_its_factors_fit_64_bits_or_not() {
        let edge = i128::from(i64::MAX);
        let factors = [0, 1, -1, 7, edge, edge + 1, -edge - 1, -edge - 2, 1 << 100];
        for one in factors {
            for other in factors {
                let product = one.checked_mul(other);
                assert_eq!(product, product.map(|_| times(one, other)));
            }
        }
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn a_product_that_no_i128_holds_panics() {
        times(1 << 100, 1 << 100);
    }
}
