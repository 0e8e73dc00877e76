//! Pro-rata allocation: at one price an arriving order is shared out in proportion to what is shown there.
//!
//! First the top order, then in proportion and rounded down, shares below the minimum dropped, then what is
//! left over by time.

/// `top_order`: the order that bettered the market goes first at its price.
/// `minimum_lots`: a share in proportion that is smaller is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProRata {
    pub top_order: bool,
    pub minimum_lots: i64,
}

/// How much of `lots` each of the orders of a price gets, who show so much, the oldest first.
///
/// `top`: which of them is the top order. The product of two quantities is at most 2^124: an i128 holds it.
pub fn shares(rule: ProRata, lots: i64, shown: &[i64], top: Option<usize>) -> Vec<i64> {
    let shown_lots: i128 = shown.iter().map(|&quantity| i128::from(quantity)).sum();
    if i128::from(lots) >= shown_lots {
        return shown.to_vec();
    }
    let mut taken = vec![0; shown.len()];
    let mut left = lots;
    let mut others = shown_lots;
    if let Some(number) = top {
        taken[number] = lots.min(shown[number]);
        left -= taken[number];
        others -= i128::from(taken[number]);
    }
    let to_share = left;
    for (number, &quantity) in shown.iter().enumerate() {
        if Some(number) == top {
            continue;
        }
        let share = narrow(i128::from(to_share) * i128::from(quantity) / others);
        if share >= rule.minimum_lots {
            taken[number] = share;
            left -= share;
        }
    }
    for (number, &quantity) in shown.iter().enumerate() {
        let more = left.min(quantity - taken[number]);
        taken[number] += more;
        left -= more;
    }
    taken
}

/// A share is at most the order's own quantity: what is shared out is less than what is shown.
fn narrow(share: i128) -> i64 {
    i64::try_from(share).expect("a share is at most what its order shows")
}

#[cfg(test)]
mod tests {
    use super::{ProRata, shares};

    const RULE: ProRata = ProRata {
        top_order: true,
        minimum_lots: 1,
    };

    #[test]
    fn what_rounding_leaves_goes_by_time() {
        assert_eq!(shares(RULE, 10, &[5, 5, 5], None), [4, 3, 3]);
    }

    #[test]
    fn the_product_of_two_greatest_quantities_is_held() {
        let most = 1 << 62;
        assert_eq!(shares(RULE, most, &[most, most], None), [most / 2, most / 2]);
    }

    #[test]
    fn the_top_order_goes_first() {
        assert_eq!(shares(RULE, 6, &[4, 4, 4], Some(2)), [1, 1, 4]);
    }
}
