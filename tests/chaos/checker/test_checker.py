"""The judge is judged: it finds nothing in a good run, and each fault that is put into a copy of it."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it publishes no types
import pytest

from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Role, Side
from bulkhead.wire.table import TABLE
from chaos.checker import messages
from chaos.checker.findings import Findings
from tests.chaos.checker.editing import CRC, EVENTS, FIRST, RecordedRun

ROOT = Path(__file__).parents[3]
REPORTS = ("reports.carol/0", "risk/0")
FEED = ("market_data/0", "book/0")


def counts(findings: Findings) -> tuple[int, int, int, int]:
    summary = findings.summary()
    return summary["lost"], summary["doubled"], summary["misordered"], summary["contradicted"]


def swap(place: int) -> Callable[[list[Any]], None]:
    def change(values: list[Any]) -> None:
        values[place], values[place + 1] = values[place + 1], values[place]

    return change


def without(place: int) -> Callable[[list[Any]], None]:
    return lambda values: values.__delitem__(place)


def twice(place: int) -> Callable[[list[Any]], None]:
    return lambda values: values.insert(place, values[place])


def settled(run: RecordedRun) -> tuple[str, str]:
    """A stream of legs."""
    partition = next(
        name for name in ("settlement/0", "settlement/1") if "SettleLeg" in kinds(run, name, "book/0")
    )
    return partition, "book/0"


def kinds(run: RecordedRun, partition: str, source: str) -> set[str]:
    return {type(messages.decode(event)).__name__ for event in run.events(partition, source)}


def test_a_good_run_has_nothing_lost_doubled_misordered_or_contradicted(run: RecordedRun) -> None:
    summary = run.check().summary()
    assert summary["problems"] == []
    assert counts(run.check()) == (0, 0, 0, 0)
    assert summary["commands"] > 500
    assert summary["trades"] > 100
    assert summary["repeated"] > 100, "the run was to have restarts in it, which tell things again"
    assert all(subject["checked"] for subject in summary["subjects"].values())


def test_seals_of_shards_need_not_be_checked_where_there_is_no_key(run: RecordedRun) -> None:
    assert counts(run.check(internal_key=False)) == (0, 0, 0, 0)


# -- reports


def test_a_report_that_was_never_made_is_found_lost(run: RecordedRun) -> None:
    place = run.find(*REPORTS, "OrderAccepted")
    run.retell(*REPORTS, without(place))
    found = run.check()
    assert found.orders.lost > 0, "its command has no answer"
    assert found.reports.contradicted > 0, "the participant read something else under its number"


def test_a_report_made_twice_is_found_doubled(run: RecordedRun) -> None:
    place = run.find(*REPORTS, "OrderAccepted")
    run.retell(*REPORTS, twice(place))
    found = run.check()
    assert (found.orders.doubled, found.orders.lost) == (1, 0)
    assert found.reports.doubled == 2, "the order is accepted twice, and its owner read it once"
    assert counts(found) == (0, 3, 0, 0)


def test_two_reports_in_the_wrong_order_are_found_misordered(run: RecordedRun) -> None:
    reports = [messages.decode(event) for event in run.events(*REPORTS)]
    place = next(
        place
        for place, (report, following) in enumerate(pairwise(reports))
        if type(report).__name__ == "OrderAccepted" and getattr(following, "order_id", 0) == report.order_id
    )
    run.retell(*REPORTS, swap(place))
    found = run.check()
    assert found.reports.misordered == 2, "the log tells of an order before it tells that it was accepted"
    assert counts(found) == (0, 0, 2, 0), "and the participant read them the other way round"


def test_a_report_that_the_participant_did_not_get_is_found_lost(run: RecordedRun) -> None:
    run.edit_lines(run.received("carol"), without(20))
    found = run.check()
    assert counts(found) == (1, 0, 0, 0)
    assert found.reports.lost == 1


def test_the_last_report_that_the_participant_did_not_get_is_found_lost(run: RecordedRun) -> None:
    run.edit_lines(run.received("carol"), lambda lines: lines.__delitem__(-1))
    assert counts(run.check()) == (1, 0, 0, 0)


def test_a_report_that_the_participant_got_twice_is_found_doubled(run: RecordedRun) -> None:
    run.edit_lines(run.received("carol"), twice(20))
    found = run.check()
    assert counts(found) == (0, 1, 0, 0)
    assert found.reports.doubled == 1


def test_two_reports_that_the_participant_got_in_the_wrong_order_are_found_misordered(
    run: RecordedRun,
) -> None:
    run.edit_lines(run.received("carol"), swap(20))
    found = run.check()
    assert counts(found) == (0, 0, 1, 0)
    assert found.reports.misordered == 1


def test_a_report_that_is_not_what_the_log_says_is_found_contradicted(run: RecordedRun) -> None:
    def change(lines: list[str]) -> None:
        values = json.loads(lines[20])
        values["fields"]["last_sequence"] += 1
        lines[20] = json.dumps(values) + "\n"

    run.edit_lines(run.received("carol"), change)
    assert counts(run.check()) == (1, 0, 0, 1), "what was received nobody said, and what was said is missing"


# -- orders


def test_a_command_that_is_not_in_the_log_is_found_lost(run: RecordedRun) -> None:
    def change(lines: list[str]) -> None:
        values = json.loads(lines[-1])
        lines.append(json.dumps({**values, "sequence": values["sequence"] + 1}) + "\n")

    def rename(lines: list[str]) -> None:
        values = json.loads(lines[-1])
        values["fields"]["client_order_id"] = "never-arrived"
        lines[-1] = json.dumps(values) + "\n"

    run.edit_lines(run.sent("carol"), change)
    run.edit_lines(run.sent("carol"), rename)
    found = run.check()
    assert found.orders.lost == 2, "neither is the command in the log nor has it an answer"
    assert counts(found)[1:] == (0, 0, 0)


def test_a_command_that_was_not_sent_is_found_doubled(run: RecordedRun) -> None:
    place = next(
        place
        for place, line in enumerate(run.sent("carol").read_text().splitlines()[1:])
        if '"PlaceOrder"' in line
    )
    run.edit_lines(run.sent("carol"), without(place))
    assert run.check().orders.doubled > 0


def test_commands_that_are_not_in_the_order_in_which_they_were_sent_are_found_misordered(
    run: RecordedRun,
) -> None:
    def change(lines: list[str]) -> None:
        first, second = json.loads(lines[30]), json.loads(lines[31])
        first["sequence"], second["sequence"] = second["sequence"], first["sequence"]
        lines[30], lines[31] = json.dumps(second) + "\n", json.dumps(first) + "\n"

    run.edit_lines(run.sent("carol"), change)
    found = run.check()
    assert found.orders.misordered > 0
    assert (found.orders.lost, found.orders.doubled) == (0, 0)


def test_an_order_that_reaches_its_book_twice_is_found_doubled(run: RecordedRun) -> None:
    stream = ("books/0", "risk/0")
    run.retell(*stream, twice(run.find(*stream, "EnterOrder", after=20)))
    assert run.check().orders.doubled > 0


def test_an_order_that_overtakes_another_of_its_owner_is_found_misordered(run: RecordedRun) -> None:
    stream = ("books/0", "risk/0")
    events = run.events(*stream)
    accepted = {
        report.order_id
        for report in map(messages.decode, run.events(*REPORTS))
        if type(report).__name__ == "OrderAccepted"
    }
    place = next(
        place
        for place in range(len(events) - 1)
        if all(
            type(message).__name__ == "EnterOrder" and message.order_id in accepted
            for message in map(messages.decode, events[place : place + 2])
        )
    )
    run.retell(*stream, swap(place))
    assert run.check().orders.misordered > 0


def test_a_command_that_its_book_does_not_answer_is_found_lost(run: RecordedRun) -> None:
    stream = ("orders/0", "book/0")
    run.retell(*stream, without(run.find(*stream, "OrderEntered", after=20)))
    found = run.check()
    assert counts(found) == (1, 0, 0, 0)
    assert found.orders.lost == 1


# -- fills and ledger


def test_a_fill_that_was_not_reported_is_found_lost(run: RecordedRun) -> None:
    run.retell(*REPORTS, without(run.find(*REPORTS, "OrderFilled")))
    found = run.check()
    assert found.fills.lost == 1
    assert found.ledger.lost == 0


def test_a_fill_that_was_reported_twice_is_found_doubled(run: RecordedRun) -> None:
    run.retell(*REPORTS, twice(run.find(*REPORTS, "OrderFilled")))
    assert run.check().fills.doubled == 1


@pytest.mark.parametrize("place", [7, 8, 9])
def test_a_fill_that_is_not_the_published_trade_is_found_contradicted(run: RecordedRun, place: int) -> None:
    """Price, quantity and what is left of the order."""
    run.retell(*REPORTS, altered(run.find(*REPORTS, "OrderFilled"), place + 1))
    assert run.check().fills.contradicted > 0


def test_a_trade_that_is_not_published_is_found_lost(run: RecordedRun) -> None:
    run.retell(*FEED, without(run.find(*FEED, "TradePublished", after=50)))
    assert run.check().fills.lost > 0


def test_trades_published_in_the_wrong_order_are_found_misordered(run: RecordedRun) -> None:
    first = run.find(*FEED, "TradePublished")
    second = run.find(*FEED, "TradePublished", after=first + 1)

    def change(events: list[bytes]) -> None:
        events[first], events[second] = events[second], events[first]

    run.retell(*FEED, change)
    found = run.check()
    assert found.fills.misordered == 1
    assert found.fills.lost == 0


def test_a_leg_that_does_not_settle_is_found_lost(run: RecordedRun) -> None:
    stream = settled(run)
    run.retell(*stream, without(run.find(*stream, "SettleLeg", after=20)))
    found = run.check()
    assert counts(found) == (1, 0, 0, 0)
    assert found.ledger.lost == 1


def test_a_leg_that_settles_twice_is_found_doubled(run: RecordedRun) -> None:
    stream = settled(run)
    run.retell(*stream, twice(run.find(*stream, "SettleLeg", after=20)))
    found = run.check()
    assert counts(found) == (0, 1, 0, 0)
    assert found.ledger.doubled == 1


@pytest.mark.parametrize("field", [5, 6, 7])
def test_a_leg_of_another_amount_than_its_fill_is_found_contradicted(run: RecordedRun, field: int) -> None:
    """Base, quote and fee."""
    stream = settled(run)
    run.retell(*stream, altered(run.find(*stream, "SettleLeg", after=20), field))
    found = run.check()
    assert counts(found) == (0, 0, 0, 1)
    assert found.ledger.contradicted == 1


def altered(place: int, field: int) -> Callable[[list[bytes]], None]:
    """One more in a field, amounts in their last byte."""

    def change(events: list[bytes]) -> None:
        values = msgpack.unpackb(events[place])
        value = values[field]
        if isinstance(value, bytes):
            values[field] = (int.from_bytes(value, "big", signed=True) + 1).to_bytes(16, "big", signed=True)
        else:
            values[field] = value + 1
        events[place] = msgpack.packb(values)

    return change


# -- streams

LONG = ("books/0", "risk/0")


def middle_frame(run: RecordedRun) -> tuple[int, list[Any]]:
    """A frame whose events no other one repeats."""
    frames = run.frames(*LONG)
    told = [
        n for header in frames.values() for n in range(header[FIRST], header[FIRST] + len(header[EVENTS]))
    ]
    return next(
        (offset, header)
        for offset, header in list(frames.items())[5:]
        if all(told.count(header[FIRST] + place) == 1 for place in range(len(header[EVENTS])))
    )


def test_a_frame_that_is_gone_from_the_log_is_found_lost(run: RecordedRun) -> None:
    offset, header = middle_frame(run)
    with run.segment(LONG[0]) as database:
        database.execute("delete from f where off = ?", (offset,))
    found = run.check()
    assert found.streams.lost == 1 + len(header[EVENTS]), "the frame itself, and the events in it"


def test_a_frame_that_comes_after_the_next_one_is_found_misordered(run: RecordedRun) -> None:
    offset, header = middle_frame(run)
    frames = run.frames(*LONG)
    following = next(later for later in sorted(frames) if later > offset)
    run.write(LONG[0], offset, frames[following])
    run.write(LONG[0], following, header)
    found = run.check()
    assert found.streams.misordered == len(header[EVENTS])
    assert found.streams.lost == 0


def test_a_frame_whose_running_crc_is_wrong_is_found_contradicted(run: RecordedRun) -> None:
    offset, header = middle_frame(run)
    header[CRC] ^= 1
    run.write(LONG[0], offset, header)
    assert counts(run.check()) == (0, 0, 0, 1)


def test_a_number_that_is_told_with_two_contents_is_found_contradicted(run: RecordedRun) -> None:
    _, header = middle_frame(run)
    later = max(run.frames(*LONG))
    run.write(LONG[0], later + 1000, header)  # a gap of offsets too, which counts as lost
    lost = run.check().streams.lost
    header[EVENTS] = [*header[EVENTS][:-1], header[EVENTS][-1] + b"\x00"]
    run.write(LONG[0], later + 1000, header)
    found = run.check()
    assert (found.streams.lost, found.streams.contradicted) == (lost, 1)


def test_a_frame_whose_mac_is_wrong_brings_nothing(run: RecordedRun) -> None:
    offset, header = middle_frame(run)
    with run.segment(LONG[0]) as database:
        rows: list[Any] = database.execute("select body from f where off = ?", (offset,)).fetchall()
        body = bytearray(rows[0][0])
        body[0] ^= 1
        database.execute("update f set body = ? where off = ?", (bytes(body), offset))
    found = run.check()
    assert found.facts["refused_frames"] == 1
    assert found.streams.lost == len(header[EVENTS])


def test_a_participants_frame_whose_signature_is_wrong_brings_nothing(run: RecordedRun) -> None:
    with run.segment("orders/0") as database:
        rows: list[Any] = database.execute("select off, body from f order by off").fetchall()
        offset, body = next(
            (offset, body)
            for offset, body in ((offset, bytearray(body)) for offset, body in rows)
            if len(msgpack.unpackb(body[64:])[3]) > 64
        )
        body[0] ^= 1
        database.execute("update f set body = ? where off = ?", (bytes(body), offset))
    found = run.check()
    assert found.facts["refused_frames"] == 1
    assert found.orders.lost > 0


def test_an_event_that_cannot_be_read_is_found_contradicted(run: RecordedRun) -> None:
    def change(events: list[bytes]) -> None:
        events[-1] = events[-1][:-1]

    run.retell(*LONG, change)
    assert run.check().streams.contradicted > 0


# -- the program


def test_the_command_says_what_it_found_in_its_last_line_and_status(run: RecordedRun) -> None:
    facts = {**run.facts, "log": f"sqlite:{run.folder / 'log'}?durability=normal"}
    (run.folder / "connection.json").write_text(json.dumps(facts))
    good = command(run)
    assert (good.returncode, json.loads(good.stdout)["lost"]) == (0, 0)
    run.edit_lines(run.received("carol"), without(20))
    bad = command(run)
    assert (bad.returncode, json.loads(bad.stdout)["lost"]) == (1, 1)
    assert "was not received" in bad.stderr
    for file in run.evidence.iterdir():
        file.unlink()
    assert command(run).returncode == 2


def command(run: RecordedRun) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "chaos.checker",
            "--connection",
            str(run.folder / "connection.json"),
            "--evidence",
            str(run.evidence),
            "--internal-key",
            str(run.folder / "internal.key"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )


# -- it is its own


def test_the_checker_imports_the_standard_library_msgpack_cryptography_and_clients_of_logs_only() -> None:
    found = set()
    for path in (ROOT / "chaos" / "checker").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    foreign = {name for name in found if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("chaos.checker")} <= {
        "msgpack",
        "apsw",
        "cryptography.exceptions",
        "cryptography.hazmat.primitives.asymmetric.ed25519",
        "httpx",
        "pulsar",
    }


def test_its_messages_and_vocabularies_are_those_of_the_exchange() -> None:
    """They were written from docs/wire.md: this says when that page has moved on."""
    ours = {entry.number: (entry.message.__name__, entry.names) for entry in TABLE}
    theirs = {
        number: (name, tuple(field for field, _ in fields))
        for number, (name, fields) in messages.LAYOUT.items()
    }
    assert theirs == ours
    for number in theirs:
        assert messages.number_of(msgpack.packb([number])) == number
    assert Reason.REQUESTED == messages.REQUESTED
    assert tuple(Role) == (messages.MAKER, messages.TAKER, messages.AUCTION)
    assert (Side.BUY, Side.SELL) == (messages.BUY, messages.SELL)
