"""Trades with nothing of Bulkhead's: msgpack, cryptography, SQLite and docs/wire.md.

    python examples/raw_client.py .bulkhead/dev/connection.json --participant alice

Places a limit order that rests, waits for its report, cancels it, waits again, and prints every report as
one line of JSON. Exit status 0: both happened; 1: it was refused; 2: no answer in time, or ill called. The
section of docs/wire.md that each part follows is named above it.
"""

import argparse
import json
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import apsw
import msgpack  # type: ignore[import-untyped]  # it publishes no types
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

# Messages: the reports that this program may meet, with their fields.
REPORTS = {
    100: "SessionOpened last_sequence public_key epoch previous_epoch previous_last_sequence open_orders",
    101: "StaleSession last_sequence public_key epoch current_epoch",
    102: "GapDetected last_sequence public_key expected_sequence received_sequence",
    103: "StreamMismatch last_sequence public_key expected_crc received_crc",
    104: "CommandRefused last_sequence reason bound actual",
    105: "OrderAccepted last_sequence account_id client_order_id order_id instrument_id",
    106: "OrderRejected last_sequence account_id client_order_id reason bound actual",
    107: "OrderFilled last_sequence account_id client_order_id order_id instrument_id side trade_id"
    " price_ticks quantity_lots leaves_lots role fee_amount",
    108: "OrderCanceled last_sequence account_id client_order_id order_id instrument_id quantity_lots reason",
    109: "CancelRejected last_sequence account_id client_order_id reason bound actual",
    112: "OrderStatus last_sequence account_id client_order_id order_id instrument_id side price_ticks"
    " quantity_lots leaves_lots order_type time_in_force post_only triggered terms",
    113: "BalanceCredited last_sequence account_id asset_id amount balance",
}
OPEN_SESSION, PLACE_ORDER, CANCEL_ORDER = 1, 2, 3
BUY, LIMIT, GTC = 1, 1, 1
PLAIN = None  # in place of the terms of a stop, an iceberg, …


# The embedded log.
class Partition:
    """The files of one partition, to append to or to read from."""

    def __init__(self, address: str, partition: str) -> None:
        if tuple(map(int, apsw.sqlite_lib_version().split("."))) < (3, 51, 3):
            sys.exit(f"SQLite {apsw.sqlite_lib_version()} could damage the log: pip install --upgrade apsw")
        self.folder = Path(urlsplit(address).path) / partition
        self.number, self.before = min(int(path.stem) for path in self.folder.glob("*.segment")), 0
        self.open()
        while self.sealed() is not None:
            self.next()

    def open(self) -> None:
        file = self.folder / f"{self.number:08d}.segment"
        self.database = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
        self.database.set_busy_timeout(0)
        self.database.execute("pragma wal_autocheckpoint = 0; pragma synchronous = normal")
        if (self.ask("pragma application_id"), self.ask("pragma user_version")) != (0x424C4B48, 1):
            sys.exit(f"{file} is no log segment that this program knows")

    def ask(self, question: str) -> Any:
        while True:
            try:
                row = self.database.execute(question).fetchall()
            except apsw.BusyError:
                time.sleep(0.0001)
            else:
                return row[0][0] if row else None

    def sealed(self) -> int | None:
        last: int | None = self.ask("select last from seal")
        return last

    def next(self) -> None:
        """Go on in the segment after a sealed one."""
        self.before = self.ask("select last from seal")
        self.database.close()
        self.number += 1
        self.open()

    def end(self) -> int:
        """The newest offset, 0 while there is none."""
        return self.ask("select max(off) from f") or self.before

    def append(self, frame: bytes) -> None:
        while True:
            self.ask("begin immediate")
            try:
                if self.sealed() is None:
                    self.database.execute("insert into f values(?, ?)", (self.end() + 1, frame))
                    self.database.execute("commit")
                    break
            finally:
                if self.database.in_transaction:
                    self.database.execute("rollback")
            self.next()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nudge:
            nudge.setblocking(False)
            for listener in (self.folder / "listeners").glob("*.sock"):
                try:
                    nudge.sendto(b"\0", str(listener))
                except OSError:
                    continue  # its reader is gone, is busy, or looks by itself soon

    def follow(self, offset: int, timeout_s: float) -> Iterator[bytes]:
        """Frames after `offset` as they come, until there has been none for `timeout_s` seconds."""
        waiting_since = time.monotonic()
        while time.monotonic() - waiting_since < timeout_s:
            frames = self.after(offset)
            for found, frame in frames:
                offset, waiting_since = found, time.monotonic()
                yield frame
            if not frames and self.sealed() == offset:
                self.next()
            elif not frames:
                time.sleep(0.01)

    def after(self, offset: int) -> list[Any]:
        question = "select off, body from f where off > ? order by off limit 100"
        while True:
            try:
                return self.database.execute(question, (offset,)).fetchall()
            except apsw.BusyError:
                time.sleep(0.0001)


# Frames, authentication, streams.
class Commands:
    """The signed stream of one session; it begins with OpenSession."""

    def __init__(self, facts: dict[str, Any], me: dict[str, Any], key: Any, epoch: int) -> None:
        self.facts, self.partition, self.key = facts, me["orders"], key
        public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.source = f"{public_key.hex()}/{epoch}"
        self.log = Partition(facts["log"], me.get("ingress", self.partition))
        self.last = self.crc = 0
        self.send(OPEN_SESSION)

    def send(self, *fields: object) -> None:
        event = msgpack.packb(fields)
        authenticated = msgpack.packb(
            [
                1,
                self.facts["exchange_id"],
                bytes.fromhex(self.facts["genesis_id"]),
                self.source,
                self.partition,
                self.last + 1,
                self.crc,
                time.time_ns() // 1000,
                [event],
            ]
        )
        self.last, self.crc = self.last + 1, crc32(event, self.crc)
        self.log.append(self.key.sign(authenticated) + authenticated)


def reports(facts: dict[str, Any], me: dict[str, Any], timeout_s: float) -> Iterator[list[Any]]:
    """The reports that come from now on, in order, each once."""
    log, source = Partition(facts["log"], me["reports"]), "risk/" + me["orders"].split("/")[1]
    here = (facts["exchange_id"], bytes.fromhex(facts["genesis_id"]), source, me["reports"])
    frames = log.follow(log.end(), timeout_s)
    return in_order(frames, here)


def in_order(frames: Iterator[bytes], here: tuple[str, bytes, str, str]) -> Iterator[list[Any]]:
    """The stream is taken up at its first frame; what is sent again after a restart is dropped."""
    last = crc = None
    for frame in frames:
        _, *header, first, frame_crc, _, events = msgpack.unpackb(frame[64:])
        if tuple(header) != here:
            continue
        if last is None or crc is None:
            last, crc = first - 1, frame_crc
        if first > last + 1:
            sys.exit(f"reports {last + 1} to {first - 1} are missing")
        seen, new = events[: last + 1 - first], events[last + 1 - first :]
        if new and crc32(b"".join(seen), frame_crc) != crc:
            sys.exit(f"this is not the stream that was read up to report {last}")
        for event in new:
            last, crc = last + 1, crc32(event, crc)
            yield msgpack.unpackb(event)


# Messages, kinds.
def described(fields: list[Any]) -> dict[str, Any]:
    """A report with names; amounts are 16 bytes, two's complement."""
    name, *names = REPORTS.get(fields[0], f"type {fields[0]}").split(" ")
    values = {}
    for field, value in zip(names, fields[1:], strict=False):
        if isinstance(value, bytes):
            value = value.hex() if field == "public_key" else int.from_bytes(value, "big", signed=True)
        values[field] = value
    return {"report": name, **values}


def whole(number: str, step: str, what: str) -> int:
    if Decimal(number) % Decimal(step):
        sys.exit(f"{what} {number} is no multiple of {step}")
    return int(Decimal(number) / Decimal(step))


def main() -> int:
    parser = argparse.ArgumentParser(description="Places a limit order, waits for its report, cancels it.")
    parser.add_argument("connection", type=Path, help="connection.json")
    parser.add_argument("--participant", default="alice")
    parser.add_argument("--instrument", default="BTC-USD")
    parser.add_argument("--price", help="to buy at; default: the lowest that the instrument takes")
    parser.add_argument("--quantity", help="default: the smallest that the instrument takes")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    given = parser.parse_args()

    # connection.json.
    facts = json.loads(given.connection.read_text())
    for kind, name in (("participant", given.participant), ("instrument", given.instrument)):
        if name not in facts[f"{kind}s"]:
            parser.error(f"the exchange has no {kind} {name}; it has {', '.join(facts[f'{kind}s'])}")
    me, instrument = facts["participants"][given.participant], facts["instruments"][given.instrument]
    key_file = given.connection.parent / next(iter(me["keys"].values()))
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    price_ticks = whole(given.price or instrument["price_min"], instrument["tick"], "the price")
    quantity_lots = whole(given.quantity or instrument["quantity_min"], instrument["lot"], "the quantity")
    order = (me["accounts"][0], f"raw-{secrets.token_hex(8)}")
    terms = (given.instrument, BUY, LIMIT, GTC, False, price_ticks, None, quantity_lots, PLAIN)

    # Sessions: from where the reports end now; the epoch was never used before.
    following = reports(facts, me, given.timeout)
    epoch = time.time_ns() // 1000
    commands = Commands(facts, me, key, epoch)
    for fields in following:
        report = described(fields)
        print(json.dumps(report), flush=True)
        name = report["report"]
        mine = (report.get("account_id"), report.get("client_order_id")) == order
        if name == "SessionOpened" and report["epoch"] == epoch:
            commands.send(PLACE_ORDER, *order, *terms)
        elif name == "StaleSession" and report["epoch"] == epoch:
            epoch = report["current_epoch"] + 1
            commands = Commands(facts, me, key, epoch)
        elif name == "OrderAccepted" and mine:
            commands.send(CANCEL_ORDER, *order)
        elif name == "OrderCanceled" and mine:
            return 0
        elif name.endswith("Rejected") and mine:
            return 1
    print(f"no answer within {given.timeout:g} s: is the exchange up?", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
