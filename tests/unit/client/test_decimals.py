"""Decimals in and out: exactly, or refused with what would be right."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.client.decimals import UNITS_MAX, Scale, asset_scale

PRICE = Scale("price in ETH-USD", Decimal("0.01"), Decimal("0.05"))


@pytest.mark.parametrize("value", ["3000.05", Decimal("3000.05"), Decimal("3000.050000"), "3000.0500"])
def test_a_decimal_is_counted_in_units_however_it_is_written(value: str | Decimal) -> None:
    assert PRICE.to_units(value) == 300_005


def test_a_whole_number_may_be_an_int() -> None:
    assert PRICE.to_units(3000) == 300_000


def test_a_value_between_two_units_is_refused_with_the_increment_and_the_nearest_two() -> None:
    with pytest.raises(ValueError, match=r"3000\.052 .* increment 0\.05: .* 3000\.05 and 3000\.10"):
        PRICE.to_units("3000.052")


def test_the_nearest_two_of_a_negative_value_enclose_it() -> None:
    with pytest.raises(ValueError, match=r"-0\.05 and 0\.00"):
        PRICE.to_units("-0.001")


def test_a_value_off_its_increment_but_whole_in_units_is_left_to_the_exchange() -> None:
    assert PRICE.to_units("3000.01") == 300_001


@pytest.mark.parametrize(
    "value",
    [
        *(0.05, True, None, 10**61),
        *("", "1e5", "1_000", " 1", "1.", ".5", "+1", "NaN", "\u0663", "9" * 61),
        *(Decimal("NaN"), Decimal("Infinity"), Decimal("1e999999")),
    ],
)
def test_what_is_no_plain_decimal_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="price in ETH-USD"):
        PRICE.to_units(value)  # type: ignore[arg-type]  # the caller's mistake is what is tested


def test_more_units_than_the_wire_can_carry_are_refused() -> None:
    assert PRICE.to_units(PRICE.to_decimal(UNITS_MAX)) == UNITS_MAX
    with pytest.raises(ValueError, match=r"beyond 2\^62 units"):
        PRICE.to_units(PRICE.to_decimal(UNITS_MAX + 1))


@given(st.integers(-UNITS_MAX, UNITS_MAX), st.integers(0, 30), st.sampled_from([1, 5, 25, 125]))
def test_units_go_out_and_come_back_exactly(units: int, decimals: int, coefficient: int) -> None:
    scale = Scale("price", coefficient * Decimal(1).scaleb(-decimals))
    assert scale.to_units(scale.to_decimal(units)) == units
    assert scale.to_units(format(scale.to_decimal(units), "f")) == units


def test_the_largest_amount_is_written_in_full() -> None:
    assert (
        format(asset_scale("ETH", 18).to_decimal(2**127 - 1), "f")
        == "170141183460469231731.687303715884105727"
    )
