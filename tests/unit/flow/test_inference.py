"""Each conclusion that the reader draws, from the few rows that ask for it."""

from pathlib import Path

import pytest

from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.flow import bitstamp
from bulkhead.flow.recording import FlowCommand, Recording
from tests.unit.flow.replaying import in_sequence, tape_of

# id, milliseconds, price, volume, action, side
Event = tuple[int, int, str, str, str, str]
# milliseconds, price, amount, buy id, sell id, aggressor's side
Deal = tuple[int, str, str, int, int, str]

SNAPSHOT: list[Event] = [(1, 0, "100.0", "1.0", "created", "bid"), (2, 0, "110.0", "1.0", "created", "ask")]
END: list[Event] = [(1, 99, "100.0", "1.0", "deleted", "bid")]


def read(folder: Path, events: list[Event], deals: list[Deal] | None = None) -> Recording:
    orders, trades = folder / "orders.csv", folder / "trades.csv"
    lines = ["id,timestamp,exchange_timestamp,price,volume,action,direction"]
    lines += [
        f"{order_id},{ms},{ms},{price},{lots},{act},{side}" for order_id, ms, price, lots, act, side in events
    ]
    orders.write_text("\n".join(lines) + "\n")
    lines = ["trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side"]
    lines += [
        f"7,{ms},{ms},{price},{lots},{buy},{sell},{side}" for ms, price, lots, buy, sell, side in deals or []
    ]
    trades.write_text("\n".join(lines) + "\n")
    recording = bitstamp.load(orders, trades)
    assert sum(recording.fates.values()) == len(events)
    assert in_sequence(recording.commands).tape == tape_of(recording.trades)
    assert recording.not_reproduced == recording.unrecorded == []
    return recording


def count(recording: Recording, name: str) -> int:
    return recording.inferences[name].count


def last(recording: Recording) -> FlowCommand:
    return recording.commands[-1]


def test_an_order_that_meets_the_other_side_and_does_not_trade_is_a_refused_post_only_one(
    tmp_path: Path,
) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (3, 5, "110.0", "2.0", "created", "bid"),
        (3, 5, "110.0", "2.0", "deleted", "bid"),
        *END,
    ]
    recording = read(tmp_path, events)
    assert count(recording, "post_only_refused") == 1
    assert last(recording).post_only
    assert last(recording).effect == "refused"
    in_the_way = recording.commands[1]
    assert last(recording).participant == in_the_way.participant
    assert recording.fates["refused"] == 1


def test_an_order_that_meets_nothing_is_a_plain_limit_order_and_its_deletion_a_cancel(tmp_path: Path) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (3, 5, "105.0", "2.0", "created", "bid"),
        (3, 9, "105.0", "2.0", "deleted", "bid"),
        *END,
    ]
    recording = read(tmp_path, events)
    place, cancel = recording.commands[2:]
    assert (place.kind, place.effect, place.post_only) == ("place", "rests", False)
    assert (place.side, place.price_ticks, place.quantity_lots) == (Side.BUY, 10_500, 200_000_000)
    assert (place.client_order_id, place.time_us) == ("3", 5_000)
    assert (cancel.kind, cancel.effect, cancel.account_id) == ("cancel", "cancels", place.account_id)
    assert count(recording, "replaced_under_new_id") == 0


def test_a_deletion_at_another_price_is_the_venues_replace_and_here_a_cancel(tmp_path: Path) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (1, 5, "101.0", "1.0", "deleted", "bid"),
        (4, 6, "101.0", "1.0", "created", "bid"),
        (4, 99, "101.0", "1.0", "deleted", "bid"),
    ]
    recording = read(tmp_path, events)
    assert count(recording, "replaced_under_new_id") == 1
    assert [command.kind for command in recording.commands[2:]] == ["cancel", "place"]


def test_a_taker_whose_rest_is_gone_at_once_is_immediate_or_cancel(tmp_path: Path) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (3, 5, "110.0", "3.0", "created", "bid"),
        (3, 5, "110.0", "2.0", "changed", "bid"),
        (2, 5, "110.0", "0.0", "deleted", "ask"),
        (3, 5, "110.0", "2.0", "deleted", "bid"),
        *END,
    ]
    recording = read(tmp_path, events, [(5, "110.0", "1.0", 3, 2, "buy")])
    assert last(recording).time_in_force is TimeInForce.IOC
    assert last(recording).effect == "takes"
    assert count(recording, "immediate_or_cancel") == 1
    assert (
        recording.fates["rest_canceled"] == recording.fates["filled"] == recording.fates["fill_reported"] == 1
    )


def test_a_taker_whose_rest_stays_is_a_plain_limit_order(tmp_path: Path) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (3, 5, "110.0", "3.0", "created", "bid"),
        (3, 5, "110.0", "2.0", "changed", "bid"),
        (2, 5, "110.0", "0.0", "deleted", "ask"),
        (3, 9, "110.0", "2.0", "deleted", "bid"),
        *END,
    ]
    recording = read(tmp_path, events, [(5, "110.0", "1.0", 3, 2, "buy")])
    place, cancel = recording.commands[2:]
    assert place.time_in_force is TimeInForce.GTC
    assert (cancel.kind, cancel.quantity_lots) == ("cancel", 200_000_000)


@pytest.mark.parametrize(
    ("price", "side", "protection_ticks"), [("999999999.0", "bid", 11_110), ("0.0", "ask", 9_900)]
)
def test_a_market_order_without_volume_has_the_volume_of_its_trades_and_a_protection_price(
    tmp_path: Path, price: str, side: str, protection_ticks: int
) -> None:
    maker, at, other = (2, "110.0", "ask") if side == "bid" else (1, "100.0", "bid")
    events: list[Event] = [
        *SNAPSHOT,
        (3, 5, price, "0.0", "created", side),
        (maker, 5, at, "0.4", "changed", other),
        (3, 5, at, "0.0", "deleted", side),
        (1, 99, "100.0", "0.4", "deleted", "bid"),
    ]
    deal: Deal = (5, at, "0.6", *((3, 2, "buy") if side == "bid" else (1, 3, "sell")))
    recording = read(tmp_path, events, [deal])
    order = last(recording)
    assert order.order_type is OrderType.MARKET
    assert (order.price_ticks, order.protection_price_ticks) == (None, protection_ticks)
    assert order.quantity_lots == 60_000_000
    assert count(recording, "market_orders") == count(recording, "volumes_from_trades") == 1


def test_less_volume_without_a_fill_is_a_replace_to_the_total_that_it_leaves(tmp_path: Path) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (3, 5, "110.0", "0.3", "created", "bid"),
        (2, 5, "110.0", "0.7", "changed", "ask"),
        (3, 5, "110.0", "0.0", "deleted", "bid"),
        (2, 8, "110.0", "0.2", "changed", "ask"),
        *END,
    ]
    recording = read(tmp_path, events, [(5, "110.0", "0.3", 3, 2, "buy")])
    assert (last(recording).kind, last(recording).effect) == ("replace", "amends")
    assert last(recording).quantity_lots == 50_000_000
    assert count(recording, "amendments") == 1
    resting = in_sequence(recording.commands).book.order(2)
    assert resting is not None
    assert resting.remaining_lots == 20_000_000


def test_an_opening_order_that_trades_pass_through_was_gone(tmp_path: Path) -> None:
    events: list[Event] = [
        *SNAPSHOT,
        (8, 0, "105.0", "1.0", "created", "ask"),
        (3, 5, "110.0", "1.0", "created", "bid"),
        (2, 5, "110.0", "0.0", "deleted", "ask"),
        (3, 5, "110.0", "0.0", "deleted", "bid"),
        (8, 99, "105.0", "1.0", "deleted", "ask"),
        *END,
    ]
    recording = read(tmp_path, events, [(5, "110.0", "1.0", 3, 2, "buy")])
    assert count(recording, "opening_orders_gone") == 1
    assert recording.fates["gone"] == 2
    assert 8 not in {command.recorded_order_id for command in recording.commands}


def test_a_bid_at_zero_is_placed_at_one_tick(tmp_path: Path) -> None:
    recording = read(tmp_path, [(5, 0, "0.0", "9.0", "created", "bid"), *SNAPSHOT, *END])
    assert recording.commands[0].price_ticks == 1
    assert count(recording, "bids_at_zero") == 1


def test_what_ends_with_the_capture_rests_on_and_what_was_never_created_is_nothing(tmp_path: Path) -> None:
    recording = read(tmp_path, [*SNAPSHOT, (9, 3, "90.0", "1.0", "deleted", "bid"), *END])
    assert recording.fates == {"never_created": 1, "placed": 2, "rests_at_the_end": 1}
    assert len(recording.commands) == 2


def test_a_trade_that_the_rows_do_not_lead_to_is_named(tmp_path: Path) -> None:
    orders, trades = tmp_path / "orders.csv", tmp_path / "trades.csv"
    orders.write_text(
        "id,timestamp,exchange_timestamp,price,volume,action,direction\n1,0,0,5.0,1.0,created,bid\n"
    )
    trades.write_text(
        "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side\n7,3,3,5.0,1.0,1,2,sell\n"
    )
    recording = bitstamp.load(orders, trades)
    assert recording.not_reproduced == recording.trades
    assert recording.unrecorded == []
