"""Writes docs/wire.md from the table, the messages' docstrings and the text in document_text.py.

python -m bulkhead.wire.document > docs/wire.md
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cache
from itertools import groupby, pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulkhead.domain.messages.participant import OpenSession, PlaceOrder
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side, StpMode, TimeInForce
from bulkhead.wire import document_text as text
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import (
    AUTHENTICATION_BYTES,
    FRAME_BYTES_MAX,
    RECEIVED_BYTES_MAX,
    advance_crc,
    authenticated_bytes,
    join_events,
    signer_source,
)
from bulkhead.wire.kinds import SEVERAL_MAX, Kind, Record, records
from bulkhead.wire.table import (
    ANSWERS,
    APPROVALS,
    BEHAVIOUR,
    CONTROL,
    DEAD_LETTERS,
    DECISIONS,
    GUARDS,
    INGRESS,
    KILL_SWITCH,
    LANES,
    LIMITS,
    LINKED,
    LISTING,
    MARKET_DATA,
    MARKET_SNAPSHOTS,
    MASS,
    MOVING,
    ORDERS,
    PARTICIPANT,
    PROCESSES,
    QUARANTINE,
    QUOTES,
    REPORTS,
    REVERSAL,
    RISK_EVENTS,
    SETTLEMENT,
    SETTLEMENT_SHARDS,
    SHARDS,
    TABLE,
    TRADING,
    Entry,
)

# A participant's first, the exchange's own after them.
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("Commands", PARTICIPANT),
    ("Reports", REPORTS),
    ("Market data", MARKET_DATA),
    ("Snapshots of market data", MARKET_SNAPSHOTS),
    ("Between risk and book", ORDERS + ANSWERS),
    ("Settlement", SETTLEMENT),
    ("Control and time", CONTROL),
    ("How an instrument is traded", TRADING),
    ("Operators' decisions", DECISIONS),
    ("Quarantine", QUARANTINE),
    ("Ingress", INGRESS),
    ("Dead letters", DEAD_LETTERS),
    ("Many orders at once", MASS),
    ("Linked orders", LINKED),
    ("Busts and corrections", REVERSAL),
    ("Mass quotes", QUOTES),
    ("Limits and accounts", LIMITS),
    ("More than one operator", APPROVALS),
    ("What is added, and ended, while it trades", LISTING),
    ("The version of the rules", BEHAVIOUR),
    ("What runs", PROCESSES),
    ("Slots that move", MOVING),
    ("Risk shards that are added and ended", SHARDS),
    ("Settlement shards that are added and ended, and their slots", SETTLEMENT_SHARDS),
    ("Lanes of gateways that move", LANES),
    ("The kill switch", KILL_SWITCH),
    ("What guards a participant", GUARDS),
    ("For a risk desk", RISK_EVENTS),
)


def document() -> str:
    """The whole of docs/wire.md."""
    return "\n".join(
        [
            text.INTRODUCTION,
            text.FRAMES.format(
                authentication=AUTHENTICATION_BYTES,
                cut=f"{FRAME_BYTES_MAX:,}",
                longest=f"{RECEIVED_BYTES_MAX:,}",
            ),
            text.AUTHENTICATION,
            text.STREAMS,
            text.SESSIONS,
            text.EVENTS,
            *_kinds(),
            *_vocabularies(),
            *_records(),
            *_messages(),
            *_reasons(),
            text.MALFORMED,
            *_example(),
            text.CONNECTION,
            text.LOG,
            text.PULSAR,
            text.SNAPSHOTS,
        ]
    )


def _all_kinds() -> Iterator[Kind]:
    """Those of every message's fields, and of the records among them."""
    for entry in TABLE:
        yield from entry.kinds
    for record in _used_records():
        yield from record.kinds


def _used_records() -> Iterator[Record]:
    """In the order in which messages need them."""
    messages = {entry.message for entry in TABLE}  # a record of a message's fields is described there
    used = {each.message: each for entry in TABLE for each in records(entry.kinds)}
    yield from (each for message, each in used.items() if message not in messages)


def _kinds() -> Iterator[str]:
    used = {
        kind.name.rstrip("?"): kind
        for kind in _all_kinds()
        if kind.vocabulary is None and kind.record is None
    }
    yield "| kind | MessagePack form and range |"
    yield "|---|---|"
    for name in sorted(used):
        # One that is only ever optional has nil in its own layout.
        yield f"| {name} | {used[name].layout.removeprefix('nil or ')} |"
    yield "| *kind*? | nil, or the kind |"
    yield f"| *record*[] | an array of at most {SEVERAL_MAX} such records |"
    yield ""


def _vocabularies() -> Iterator[str]:
    used: dict[str, type[IntEnum]] = {}
    for kind in _all_kinds():
        if kind.vocabulary is not None and kind.vocabulary is not Reason:
            used[kind.name.rstrip("?")] = kind.vocabulary
    for also in (Side, OrderType, TimeInForce, StpMode):  # commands carry them as plain integers
        used[also.__name__] = also
    yield "### Vocabularies"
    yield ""
    yield "| kind | numbers |"
    yield "|---|---|"
    for name in sorted(used):
        docs = attribute_docs(used[name])
        members = (
            f"{member.value} {member.name.lower()}"
            + (f" ({docs[member.name]})" if member.name in docs else "")
            for member in used[name]
        )
        yield f"| {name} | {', '.join(members)} |"
    yield "| Reason | see [Reasons](#reasons) |"
    yield ""


def _records() -> Iterator[str]:
    yield text.RECORDS
    for record in _used_records():
        yield f"#### {record.message.__name__}"
        yield ""
        yield _flat(record.message.__doc__ or "")
        yield ""
        yield from _fields(record.message, zip(record.names, record.kinds, strict=True))


def _messages() -> Iterator[str]:
    yield text.MESSAGES
    for title, entries in GROUPS:
        yield f"### {title}"
        yield ""
        for module, of_module in groupby(entries, lambda entry: inspect.getmodule(entry.message)):
            yield _flat(inspect.getdoc(module) or "")
            yield ""
            for entry in of_module:
                yield from _message(entry)


def _message(entry: Entry) -> Iterator[str]:
    yield f"#### {entry.number} {entry.message.__name__}"
    yield ""
    doc = entry.message.__doc__ or ""
    if not doc.startswith(f"{entry.message.__name__}("):  # what dataclass makes up where there is none
        yield _flat(doc)
        yield ""
    if not entry.kinds:
        yield "No fields."
        yield ""
        return
    yield from _fields(entry.message, zip(entry.names, entry.kinds, strict=True))


def _fields(message: type, fields: Iterable[tuple[str, Kind]]) -> Iterator[str]:
    docs = attribute_docs(message)
    yield "| # | field | kind | |"
    yield "|---:|---|---|---|"
    for index, (name, kind) in enumerate(fields, 1):
        doc = docs.get(name, "")
        yield f"| {index} | `{name}` | {_kind_name(name, kind)} | {doc}".rstrip() + " |"
    yield ""


def _kind_name(name: str, kind: Kind) -> str:
    """A command's small integers, with the vocabulary that risk reads them by."""
    meant = {"side": Side, "order_type": OrderType, "time_in_force": TimeInForce, "stp_mode": StpMode}.get(
        name
    )
    if meant is not None and kind.vocabulary is None:
        return f"{kind.name} (a {meant.__name__})"
    return f"{kind.name} or left out" if kind.later else kind.name


def _reasons() -> Iterator[str]:
    docs = attribute_docs(Reason)
    yield text.REASONS
    yield "| number | reason | what it means; what `bound` and `actual` count |"
    yield "|---:|---|---|"
    for reason in Reason:
        yield f"| {reason.value} | `{reason.name.lower()}` | {docs.get(reason.name, '')}".rstrip() + " |"
    yield ""


def _example() -> Iterator[str]:
    """Bytes that another implementation can compare with its own: Ed25519 signatures are deterministic."""
    seed, genesis_id, sent_at_us = bytes(range(32)), bytes([0x11] * 16), 1_800_000_000_000_000
    key = Ed25519PrivateKey.from_private_bytes(seed)
    source = signer_source(key.public_key().public_bytes_raw(), 7)
    opening = [encode(OpenSession())]
    order = PlaceOrder(
        "alice.main",
        "order-1",
        "BTC-USD",
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        6_000_000,
        None,
        250,
    )
    placing = [encode(order)]
    crc = advance_crc(0, opening)
    yield text.EXAMPLE.format(
        seed=seed.hex(),
        public_key=key.public_key().public_bytes_raw().hex(),
        genesis=genesis_id.hex(),
        sent_at_us=sent_at_us,
        opening_event=opening[0].hex(),
        opening_frame=_frame(key, genesis_id, source, 1, 0, sent_at_us, opening),
        placing_event=_lines(placing[0].hex()),
        crc=f"{crc} (0x{crc:08x})",
        placing_frame=_frame(key, genesis_id, source, 2, crc, sent_at_us, placing),
    )


def _frame(
    key: Ed25519PrivateKey,
    genesis_id: bytes,
    source: str,
    first: int,
    crc: int,
    sent_at_us: int,
    events: list[bytes],
) -> str:
    body = join_events(events)
    authenticated = authenticated_bytes(
        "dev", genesis_id, source, "orders/0", first, crc, sent_at_us, len(events), body
    )
    sealed = SignatureSealer(key).seal(authenticated).hex()
    signature = sealed[: 2 * AUTHENTICATION_BYTES]
    return f"{_lines(signature)}\n\n{_lines(sealed[2 * AUTHENTICATION_BYTES :])}"


def _lines(hexadecimal: str) -> str:
    return "\n".join(textwrap.wrap(hexadecimal, 64))


@cache
def attribute_docs(described: type[Any]) -> dict[str, str]:
    """The text under each field or member of a class, by its name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(described))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return dict(_documented(tree.body))


def _documented(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in pairwise(body):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(doc))),
            ):
                yield name, _flat(doc)


def _flat(doc: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(doc).split("\n\n"))


if __name__ == "__main__":
    sys.stdout.write(document())
