"""docs/wire.md is current, complete, and right where its prose repeats what the code says."""

import re
from pathlib import Path

import pytest

from bulkhead.domain.reasons import Reason
from bulkhead.log.sqlite import log as sqlite_log
from bulkhead.log.sqlite import nudge, segments
from bulkhead.machines.streams import DIGEST_BLOCK_BYTES
from bulkhead.snapshots import encoding
from bulkhead.wire.document import GROUPS, attribute_docs, document
from bulkhead.wire.table import TABLE

WRITTEN = Path(__file__).parents[3] / "docs" / "wire.md"


def test_the_document_is_current() -> None:
    assert WRITTEN.read_text() == document(), "python -m bulkhead.wire.document > docs/wire.md"


def test_every_message_is_in_one_group() -> None:
    assert sorted(entry.number for _, entries in GROUPS for entry in entries) == sorted(
        entry.number for entry in TABLE
    )


def test_every_field_and_reason_is_in_it() -> None:
    text = document()
    for entry in TABLE:
        section = text.split(f"#### {entry.number} {entry.message.__name__}\n")[1].split("\n##")[0]
        assert re.findall(r"^\| \d+ \| `(\w+)` \|", section, re.MULTILINE) == list(entry.names)
    for reason in Reason:
        assert f"| {reason.value} | `{reason.name.lower()}` |" in text


def test_the_text_under_a_field_is_found() -> None:
    assert attribute_docs(Reason)["BALANCE"].startswith("bound: what is available")


def test_every_link_leads_to_a_heading() -> None:
    text = document()
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


@pytest.mark.parametrize(
    "fact",
    [
        f"{segments.APPLICATION_ID:#x}".replace("0x", "").upper(),
        f"user_version {segments.FORMAT_VERSION}",
        "create table f(off integer primary key, body blob not null)",
        "create table seal(last integer not null)",
        f"{segments.SEGMENT_BYTES // 2**20} MiB",
        ".".join(map(str, sqlite_log.SQLITE_MIN)),
        f"every {nudge.FALLBACK_S * 1000:g} ms",
        f"`{encoding.MAGIC.decode()}`",
        f"version, big-endian: {encoding.VERSION}",
        f"{DIGEST_BLOCK_BYTES:,} bytes",
    ],
)
def test_what_the_prose_repeats_is_what_the_code_says(fact: str) -> None:
    assert fact in document()


@pytest.mark.parametrize("table", ["create table f(", "create table seal("])
def test_the_tables_of_a_segment_are_the_documented_ones(table: str) -> None:
    (line,) = [line for line in segments._SCHEMA.splitlines() if line.startswith(table)]
    assert line in document()
