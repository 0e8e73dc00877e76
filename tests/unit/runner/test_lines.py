"""Ill-formed lines: told with their number and reason, and nothing changes."""

import io
import json
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.runner.book import run_book
from bulkhead.runner.ledger import run_ledger

_INSTRUMENT = b'{"type":"instrument","instrument_id":"X","tick":1,"lot":1,"matching":"price_time"}'
_PLACE = (
    b'{"type":"place","order_id":1,"account_id":"a","side":"buy","order_type":"limit",'
    b'"price_ticks":100,"quantity_lots":5}'
)

_TYPES = (
    "instrument, place, cancel, replace, phase, uncross, tick, pair, bracket, mass_quote, mass_cancel, "
    "mark_price, bands, depth, orders, indicative"
)
_PHASES = "continuous, pre_open, auction, halted, closed, volatility_auction, closing_auction"
_FLAGS = "debits_must_not_exceed_credits, credits_must_not_exceed_debits"


def book(*lines: bytes) -> tuple[int, list[Any]]:
    sink = io.BytesIO()
    errors = run_book(io.BytesIO(b"\n".join(lines)), sink)
    return errors, [json.loads(line) for line in sink.getvalue().splitlines()]


def ledger(*lines: bytes) -> tuple[int, list[Any]]:
    sink = io.BytesIO()
    errors = run_ledger(io.BytesIO(b"\n".join(lines)), sink)
    return errors, [json.loads(line) for line in sink.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON: Expecting property name enclosed in double quotes at column 2"),
        (b"\xff", "not UTF-8: byte 0 of the line; write JSON in UTF-8"),
        (b"[]", 'a command is a JSON object with a "type"'),
        (b"7", 'a command is a JSON object with a "type"'),
        (b'{"type":"depth"} {}', "not JSON: Extra data at column 18"),
        (b'{"type":"tick","time_ms":NaN}', "NaN is not JSON; numbers are integers"),
        (b'{"type":"depth","type":"depth"}', "field type stands twice; give it once"),
        (b"[" * 100_000, "nested too deeply; a command is one flat JSON object"),
        (
            b"{}",
            f"missing type, a text; one of {_TYPES}",
        ),
        (
            b'{"type":"buy"}',
            f"unknown type buy; one of {_TYPES}",
        ),
        (b'{"type":"cancel"}', "cancel: missing order_id"),
        (b'{"type":"cancel","order_id":1,"why":2}', "cancel: unknown field why; it has order_id"),
        (b'{"type":"depth","side":"buy"}', "depth: unknown field side; it has none"),
        (b'{"type":"cancel","order_id":true}', "cancel: order_id must be an integer, not true or false"),
        (b'{"type":"cancel","order_id":"1"}', "cancel: order_id must be an integer, not a text"),
        (b'{"type":"cancel","order_id":null}', "cancel: order_id must be an integer, not null"),
        (
            b'{"type":"cancel","order_id":1.0}',
            "cancel: order_id must be an integer, not a number with a fraction or exponent",
        ),
        (
            b'{"type":"cancel","order_id":1e3}',
            "cancel: order_id must be an integer, not a number with a fraction or exponent",
        ),
        (
            b'{"type":"phase","phase":"open"}',
            f"phase: phase must be one of {_PHASES}",
        ),
        (b'{"type":"phase","phase":["halted"]}', "phase: phase must be a text, not a list"),
        (
            _PLACE.replace(b'"price_ticks":100,', b""),
            "place: missing price_ticks, which a limit order needs",
        ),
        (
            _PLACE.replace(b'"limit"', b'"stop"'),
            "place: missing stop_price_ticks, which a stop order needs",
        ),
        (
            _PLACE.replace(b'"limit"', b'"stop_limit"').replace(b'"price_ticks":100,', b""),
            "place: missing price_ticks, which a stop_limit order needs",
        ),
        (
            _PLACE.replace(b'"limit"', b'"trailing_stop"'),
            "place: missing trail_ticks, which a trailing_stop order needs",
        ),
        (
            _PLACE.replace(b"5}", b'5,"time_in_force":"gtd"}'),
            "place: missing expire_time_ms, which a gtd order needs",
        ),
        (
            _PLACE.replace(b"5}", b'5,"stp_group":null}'),
            "place: stp_group must be a text or an integer, not null",
        ),
        (
            _PLACE.replace(b"5}", b'5,"stp_mode":"none"}'),
            "place: stp_mode must be one of cancel_aggressor, cancel_resting, cancel_both, decrement",
        ),
        (_PLACE.replace(b'"buy"', b'"long"'), "place: side must be one of buy, sell"),
        (
            _PLACE.replace(b"5}", b'5,"post_only":1}'),
            "place: post_only must be true or false, not an integer",
        ),
        (
            _INSTRUMENT.replace(b'"price_time"', b'"random"'),
            "instrument: matching must be one of price_time, pro_rata",
        ),
        (_INSTRUMENT.replace(b',"lot":1', b""), "instrument: missing lot"),
    ],
)
def test_an_ill_formed_line_is_told_and_changes_nothing(line: bytes, reason: str) -> None:
    errors, answers = book(_INSTRUMENT, _PLACE, line, b'{"type":"orders"}')
    assert errors == 1
    assert answers[2:] == [
        {"type": "error", "line": 3, "reason": reason},
        {"type": "orders", "bids": [[1, 100, 5]], "asks": [], "stops": []},
    ]


def test_a_command_before_any_instrument_is_an_error_and_a_later_one_runs() -> None:
    errors, answers = book(b'{"type":"depth"}', _INSTRUMENT, _PLACE)
    assert errors == 1
    assert [answer["type"] for answer in answers] == ["error", "instrument", "accepted"]
    assert answers[0]["reason"] == "depth before any instrument; begin with an instrument line"


def test_blank_lines_are_skipped_and_counted() -> None:
    errors, answers = book(b"", _INSTRUMENT, b" \t\r", b"?")
    assert errors == 1
    assert answers[1] == {"type": "error", "line": 4, "reason": "not JSON: Expecting value at column 1"}


def test_lines_may_end_as_on_windows_and_the_last_one_not_at_all() -> None:
    sink = io.BytesIO()
    assert run_book(io.BytesIO(_INSTRUMENT + b"\r\n" + _PLACE), sink) == 0
    assert sink.getvalue().endswith(b'{"type":"accepted","order_id":1}\n')


def test_a_price_on_a_market_order_is_not_looked_at() -> None:
    line = _PLACE.replace(b'"limit"', b'"market"')
    sell = _PLACE.replace(b'"buy"', b'"sell"').replace(b'"order_id":1', b'"order_id":2')
    _, answers = book(_INSTRUMENT, sell.replace(b"100", b"900"), line)
    assert answers[-1]["type"] == "trade"
    assert answers[-1]["price_ticks"] == 900


def test_a_name_of_any_characters_comes_back_as_it_was() -> None:
    line = _INSTRUMENT.replace(b'"X"', '"a\\"\\u0000\\ud800é"'.encode())
    _, answers = book(line)
    assert answers == [{"type": "instrument", "instrument_id": 'a"\x00\ud800é'}]


def test_an_order_may_carry_a_client_order_id() -> None:
    errors, answers = book(_INSTRUMENT, _PLACE.replace(b"5}", b'5,"client_order_id":"c-1"}'))
    assert (errors, answers[1]) == (0, {"type": "accepted", "order_id": 1})


def test_an_integer_of_any_length_is_out_of_range_and_no_error() -> None:
    huge, sink = b"9" * 5000, io.BytesIO()
    lines = (
        _INSTRUMENT,
        b'{"type":"tick","time_ms":' + huge + b"}",
        _PLACE.replace(b":5", b":" + huge),
        b'{"type":"cancel","order_id":' + huge + b"}",
    )
    assert run_book(io.BytesIO(b"\n".join(lines)), sink) == 0
    assert sink.getvalue().splitlines()[1:] == [
        b'{"type":"rejected","order_id":1,"reason":"quantity"}',
        b'{"type":"rejected","order_id":' + huge + b',"reason":"unknown_order"}',
    ]


def test_answers_are_there_before_more_input_is_waited_for() -> None:
    theirs, ours = socket.socketpair()
    with theirs, ours, theirs.makefile("rwb") as stream, ours.makefile("rb") as source:
        sink = ours.makefile("wb")
        runner = threading.Thread(target=run_book, args=(source, sink))
        runner.start()
        for line, answer in ((_INSTRUMENT, "instrument"), (_PLACE, "accepted")):
            stream.write(line + b"\n")
            stream.flush()
            assert json.loads(stream.readline())["type"] == answer
        theirs.shutdown(socket.SHUT_WR)
        runner.join()


def test_a_line_may_come_in_pieces() -> None:
    class Pieces(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(7)

    sink = io.BytesIO()
    assert run_book(Pieces(_INSTRUMENT + b"\n\n" + _PLACE), sink) == 0
    assert [json.loads(line)["type"] for line in sink.getvalue().splitlines()] == ["instrument", "accepted"]


def test_many_answers_come_out_in_order() -> None:
    cancels = [b'{"type":"cancel","order_id":%d}' % number for number in range(1, 10_001)]
    errors, answers = book(_INSTRUMENT, *cancels)
    assert errors == 0
    assert [answer["order_id"] for answer in answers[1:]] == list(range(1, 10_001))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            b'{"type":"open_account","account_id":"a","asset":"USD","flags":["no_debits"]}',
            f"open_account: flags must be a list of {_FLAGS}",
        ),
        (
            b'{"type":"open_account","account_id":"a","asset":"USD","flags":[{}]}',
            f"open_account: flags must be a list of {_FLAGS}",
        ),
        (b'{"type":"open_account","account_id":"a","asset":"USD"}', "open_account: missing flags"),
        (
            b'{"type":"transfer","transfer_id":1,"debit":"a","credit":"b","asset":"USD","amount":"10"}',
            "transfer: amount must be an integer, not a text",
        ),
        (
            b'{"type":"transfer","transfer_id":1,"debit":"a","credit":"b","asset":"USD","amount":1.5}',
            "transfer: amount must be an integer, not a number with a fraction or exponent",
        ),
        (
            b'{"type":"transfer","transfer_id":1,"debit":"a","credit":"b","asset":"USD","amount":1,"pending":1}',
            "transfer: pending must be true or false, not an integer",
        ),
        (b'{"type":"void","transfer_id":1,"pending_id":1,"amount":1}', "void: unknown field amount; it has "),
        (b'{"type":"close"}', "unknown type close; one of open_account, transfer, post, void, balance"),
    ],
)
def test_an_ill_formed_line_of_the_ledger_is_told_and_changes_nothing(line: bytes, reason: str) -> None:
    balance = b'{"type":"balance","account_id":"a","asset":"USD"}'
    errors, answers = ledger(line, balance)
    assert errors == 1
    assert answers[0]["line"] == 1
    assert answers[0]["reason"].startswith(reason)
    assert answers[1] == {"type": "rejected", "account_id": "a", "reason": "unknown_account"}


def test_flags_are_a_set() -> None:
    opening = b'{"type":"open_account","account_id":"a","asset":"USD","flags":[%s]}'
    flag = b'"debits_must_not_exceed_credits"'
    _, answers = ledger(opening % (flag + b"," + flag), opening % flag)
    assert answers[1] == {"type": "ok", "account_id": "a", "exists": True}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_objects = st.dictionaries(
    st.sampled_from(["type", "order_id", "price_ticks", "side", "phase", "amount", "flags", "pending_id"]),
    _json | st.sampled_from(["place", "cancel", "replace", "phase", "buy", "limit", "transfer", "post"]),
    max_size=5,
)


@given(st.lists(st.binary(max_size=40) | _objects.map(lambda o: json.dumps(o).encode()), max_size=10))
def test_whatever_comes_in_every_line_is_answered_or_told(lines: list[bytes]) -> None:
    for run in (book, ledger):
        errors, answers = run(*lines)
        assert errors == sum(answer["type"] == "error" for answer in answers)
        assert len(answers) <= sum(len(line.split(b"\n")) for line in lines)
