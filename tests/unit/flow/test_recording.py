"""The recording as it is: what the reader makes of all of it."""

from collections import Counter
from pathlib import Path

from bulkhead.domain.terms import OrderType, TimeInForce
from bulkhead.flow.recording import Recording
from tests.unit.flow.replaying import in_sequence, tape_of


def test_every_recorded_trade_comes_out_of_the_book_in_order_and_none_besides(recording: Recording) -> None:
    replay = in_sequence(recording.commands)
    assert len(recording.trades) == 284
    assert replay.tape == tape_of(recording.trades)
    assert recording.not_reproduced == []
    assert recording.unrecorded == []


def test_every_row_has_one_fate(recording: Recording) -> None:
    assert recording.rows == 314_057
    assert sum(recording.fates.values()) == recording.rows
    assert recording.fates == {
        "canceled": 49_516,
        "fill_reported": 266,
        "filled": 304,
        "gone": 4,
        "never_created": 13,
        "placed": 156_887,
        "refused": 100_518,
        "rest_canceled": 33,
        "rests_at_the_end": 6_516,
    }


def test_the_commands_are_the_recorded_actions(recording: Recording) -> None:
    assert Counter(command.kind for command in recording.commands) == {"place": 156_887, "cancel": 49_516}
    assert [command.sequence for command in recording.commands] == list(range(206_403))
    times = [command.time_us for command in recording.commands]
    assert times == sorted(times)


def test_the_book_refuses_what_the_venue_refused_and_keeps_what_rested(recording: Recording) -> None:
    replay = in_sequence(recording.commands)
    refused = {c.recorded_order_id for c in recording.commands if c.effect == "refused"}
    assert replay.refused == refused
    assert all(c.post_only == (c.effect == "refused") for c in recording.commands)
    assert len(list(replay.book.orders())) == recording.fates["rests_at_the_end"]


def test_every_inference_is_counted_and_explained(recording: Recording) -> None:
    assert all(inference.explanation for inference in recording.inferences.values())
    assert {name: inference.count for name, inference in recording.inferences.items()} == {
        "opening_orders": 6_510,
        "opening_orders_gone": 2,
        "bids_at_zero": 22,
        "market_orders": 7,
        "volumes_from_trades": 2,
        "post_only_refused": 100_518,
        "immediate_or_cancel": 33,
        "fills_by_changed": 266,
        "fills_by_deleted": 304,
        "amendments": 0,
        "replaced_under_new_id": 2_043,
        "ended_with_capture": 6_516,
        "never_created": 13,
    }


def test_orders_have_the_prices_that_their_type_asks_for(recording: Recording) -> None:
    for command in recording.commands:
        is_market = command.order_type is OrderType.MARKET
        assert (command.price_ticks is None) == is_market
        assert (command.protection_price_ticks is not None) == is_market
        assert command.limit_ticks >= 1
        assert command.quantity_lots >= 1
        assert not is_market or command.time_in_force is TimeInForce.IOC


def test_every_account_sends_orders_and_every_participant_trades(recording: Recording) -> None:
    accounts = [account for owned in recording.accounts for account in owned]
    assert {command.account_id for command in recording.commands} == set(accounts)
    takers = Counter(c.participant for c in recording.commands if c.effect == "takes")
    assert set(takers) == {0, 1, 2, 3}
    for command in recording.commands:
        assert command.account_id in recording.accounts[command.participant]


def test_nobody_trades_with_himself_and_trades_happen_inside_and_between_risk_shards(
    recording: Recording,
) -> None:
    owner = {c.recorded_order_id: c.participant for c in recording.commands if c.kind == "place"}
    pairs = [(owner[t.buy_order_id], owner[t.sell_order_id]) for t in recording.trades]
    inside = [pair for pair in pairs if pair[0] // 2 == pair[1] // 2]
    assert all(buyer != seller for buyer, seller in pairs)
    assert 40 < len(inside) < len(pairs) - 40


def test_either_risk_shard_has_a_good_share_of_the_commands(recording: Recording) -> None:
    shares = Counter(command.participant // 2 for command in recording.commands)
    assert min(shares.values()) > 0.4 * len(recording.commands)


def test_all_commands_of_an_order_are_its_owners(recording: Recording) -> None:
    owner: dict[int, str] = {}
    for command in recording.commands:
        assert owner.setdefault(command.recorded_order_id, command.account_id) == command.account_id


def test_what_rests_at_one_price_of_one_side_has_one_owner(recording: Recording) -> None:
    owner: dict[tuple[int, int], int] = {}
    for command in recording.commands:
        if command.effect == "rests":
            level = command.side, command.limit_ticks
            assert owner.setdefault(level, command.participant) == command.participant


def test_the_documentation_has_every_inference_and_fate_with_its_count(recording: Recording) -> None:
    text = (Path(__file__).parents[3] / "docs" / "flow.md").read_text()
    for name, inference in recording.inferences.items():
        assert f"| {name} | {inference.count:,} |" in text
    for fate, rows in recording.fates.items():
        assert f"| {fate} | {rows:,} |" in text
