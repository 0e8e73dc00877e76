"""Trades over Pulsar with nothing of Bulkhead's: pulsar-client, msgpack, cryptography and docs/wire.md.

    python examples/raw_pulsar.py .bulkhead/dev/connection.json --participant alice

On a secured broker with the participant's token, over TLS. raw_client.py does the same on the embedded log.

Places a limit order that rests, waits for its report, cancels it, waits again, and prints every report as
one line of JSON. Exit status 0: both happened; 1: the exchange refused something; 2: no answer in time. The
section of docs/wire.md that each part follows is named above it.
"""

import argparse
import json
import os
import secrets
import sys
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import msgpack  # type: ignore[import-untyped]  # it publishes no types
import pulsar
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


# A log on Pulsar.
class Log:
    """The namespace of an exchange, under one participant's role."""

    def __init__(self, connection: Path, facts: dict[str, Any], me: dict[str, Any]) -> None:
        parts = urlsplit(facts["log"])
        self.namespace, options, self.role = parts.path.strip("/"), {}, "raw"
        if parts.scheme == "pulsar+ssl":
            token = (connection.parent / me["token"]).read_text().strip()
            self.role = role_of(token)
            options = {"authentication": pulsar.AuthenticationToken(token), "tls_validate_hostname": True}
            if "ca" in facts:
                options["tls_trust_certs_file_path"] = str(connection.parent / facts["ca"])
        # Not an https:// address: the client ends the process over it.
        quiet = pulsar.FileLogger(pulsar.LoggerLevel.Error, os.devnull)
        self.client = pulsar.Client(f"{parts.scheme}://{parts.netloc}", logger=quiet, **options)

    def name(self, partition: str) -> str:
        topic, number = partition.split("/")
        return f"persistent://{self.namespace}/{topic}-partition-{number}"

    def producer(self, partition: str) -> Any:
        # One frame is one message, never part of a batch; one that is given up might still arrive.
        return self.client.create_producer(
            self.name(partition), batching_enabled=False, send_timeout_millis=0
        )

    def follow(self, partition: str, timeout_s: float) -> Iterator[bytes]:
        """Frames that come from now on, until there has been none for `timeout_s` seconds."""
        reader = self.client.create_reader(
            self.name(partition), pulsar.MessageId.latest, subscription_role_prefix=self.role
        )
        return self.frames(reader, timeout_s)

    def frames(self, reader: Any, timeout_s: float) -> Iterator[bytes]:
        while True:
            try:
                yield reader.read_next(int(timeout_s * 1000)).data()
            except pulsar.Timeout:
                return


def role_of(token: str) -> str:
    """What a token says its bearer is: names of readers begin with it, or the broker refuses them."""
    claims = token.split(".")[1]
    padded = claims + "=" * (-len(claims) % 4)
    return str(json.loads(urlsafe_b64decode(padded))["sub"])


# Frames, authentication, streams.
class Commands:
    """The signed stream of one session; it begins with OpenSession."""

    def __init__(self, log: Log, facts: dict[str, Any], me: dict[str, Any], key: Any, epoch: int) -> None:
        self.facts, self.partition, self.key = facts, me["orders"], key
        public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.source = f"{public_key.hex()}/{epoch}"
        self.producer = log.producer(me.get("ingress", self.partition))
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
        self.producer.send(self.key.sign(authenticated) + authenticated)


def reports(log: Log, facts: dict[str, Any], me: dict[str, Any], timeout_s: float) -> Iterator[list[Any]]:
    """The reports that come from now on, in order, each once."""
    source = "risk/" + me["orders"].split("/")[1]
    here = (facts["exchange_id"], bytes.fromhex(facts["genesis_id"]), source, me["reports"])
    return in_order(log.follow(me["reports"], timeout_s), here)


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
    me, instrument = facts["participants"][given.participant], facts["instruments"][given.instrument]
    key_file = given.connection.parent / next(iter(me["keys"].values()))
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    price_ticks = whole(given.price or instrument["price_min"], instrument["tick"], "the price")
    quantity_lots = whole(given.quantity or instrument["quantity_min"], instrument["lot"], "the quantity")
    order = (me["accounts"][0], f"raw-{secrets.token_hex(8)}")
    terms = (given.instrument, BUY, LIMIT, GTC, False, price_ticks, None, quantity_lots, PLAIN)

    # Sessions: from where the reports end now; the epoch was never used before.
    log = Log(given.connection, facts, me)
    following = reports(log, facts, me, given.timeout)
    epoch = time.time_ns() // 1000
    commands = Commands(log, facts, me, key, epoch)
    for fields in following:
        report = described(fields)
        print(json.dumps(report), flush=True)
        name = report["report"]
        mine = (report.get("account_id"), report.get("client_order_id")) == order
        if name == "SessionOpened" and report["epoch"] == epoch:
            commands.send(PLACE_ORDER, *order, *terms)
        elif name == "StaleSession" and report["epoch"] == epoch:
            epoch = report["current_epoch"] + 1
            commands = Commands(log, facts, me, key, epoch)
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
