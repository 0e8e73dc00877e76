"""The reservation rule against every history that an order may have, tried one by one."""

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.risk.model import Account, Instrument, Order, Participant, Version
from bulkhead.domain.risk.reservation import worst_cost
from bulkhead.domain.terms import Side
from bulkhead.simulation.checks import reservations

_versions = st.builds(
    Version,
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(-5_000_000, 9_999_999),
    st.integers(0, 9_999_999),
)


@given(
    st.sampled_from(Side),
    st.lists(_versions, min_size=1, max_size=6),
    st.integers(0, 8),
    st.integers(-(10**8), 10**8),
    st.integers(1, 7),
)
def test_an_order_is_reserved_for_the_dearest_of_its_possible_histories(
    side: Side, versions: list[Version], executed_lots: int, fee_basis: int, tick_lot_units: int
) -> None:
    instrument = Instrument()
    instrument.lot_units, instrument.tick_lot_units = 3, tick_lot_units
    order = Order()
    order.side, order.instrument, order.account = side, instrument, Account("a", Participant())
    order.price_ticks, order.quantity_lots, order.maker_fee_rate, order.taker_fee_rate, _ = versions[0]
    order.executed_lots = min(executed_lots, order.quantity_lots - 1)
    order.fee_basis, order.amendments, order.ended = fee_basis, versions[1:], False
    order.released = order.doomed = False
    assert worst_cost(order, versions) == reservations.worst_cost(order)
