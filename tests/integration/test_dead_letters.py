"""`bulkhead dead-letters`: what could not be verified, as an operator sees it, on each log."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it publishes no types
import pytest
from pulsar import Client, FileLogger, LoggerLevel, MessageId

from bulkhead.domain.messages.participant import OpenSession
from bulkhead.files import write_private
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.pulsar.address import parse
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.topology.load import load
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source
from tests.support.exchange import MemoryExchange
from tests.support.pulsar import TENANT, Broker
from tests.support.running import edited_topology, run

STRANGER = key_of("a stranger")


def installed(folder: Path, log: dict[str, Any]) -> tuple[MemoryExchange, Installation]:
    """An exchange on a real log, stepped by the test, with what `up` leaves in its state directory."""
    file = folder / "topology.yaml"
    text = edited_topology({"log": log})
    file.write_text(text)
    installation = Installation(load(file), file)
    exchange = MemoryExchange(text, wrap=lambda _: open_log(installation.log_address))
    record = json.dumps({"genesis_id": exchange.identity.genesis_id.hex()})
    write_private(installation.directory / "genesis.json", record.encode())
    write_private(installation.mac_key_path, exchange.identity.mac_key.hex().encode())
    return exchange, installation


@pytest.fixture(params=["sqlite", pytest.param("pulsar", marks=pytest.mark.pulsar)])
def filled(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[MemoryExchange, Installation, str]]:
    """Three dead letters in orders/1, one of which a restarted shard has told again."""
    log: dict[str, Any] = {}
    if request.param == "pulsar":
        broker: Broker = request.getfixturevalue("pulsar_broker")
        urls = {"service_url": broker.status.service_url, "admin_url": broker.status.admin_url}
        log = {"adapter": "pulsar", "tenant": f"{TENANT}-{os.getpid()}", "directory": None, **urls}
        log["durability"] = None
    exchange, installation = installed(tmp_path, log)
    source = signer_source(public_bytes(STRANGER), 7)
    signed = Source(
        exchange.log, exchange.identity, source, "orders/1", SignatureSealer(STRANGER), "stranger", last=41
    )
    forged = Source(
        exchange.log, exchange.identity, "book/0", "orders/1", MacSealer(b"x" * 32), "forger", last=4
    )
    garbage = exchange.log.writer("orders/1", "garbage")
    garbage.send(b"\x00no frame [red]at all\xff" * 4, 1)
    while garbage.pending():
        garbage.poll(1.0)
    signed.send([encode(OpenSession())], 1_700_000_000_000_000)
    signed.flush()
    forged.send([bytes(5000)], 1_700_000_000_000_000)  # longer than what is kept of it
    forged.flush()
    exchange.settle()
    exchange.forget_snapshots()
    exchange.shards["risk/1"].close()  # a broker knows the producers of a process until that has ended
    exchange.start("risk/1")
    exchange.settle()
    yield exchange, installation, source
    exchange.log.close()


def command(installation: Installation, *arguments: str) -> Any:
    return run("dead-letters", *arguments, "--topology", str(installation.file), cwd=Path("/"))


def test_an_operator_sees_each_once_with_where_it_stood_why_it_is_here_and_who_it_says_it_is_from(
    filled: tuple[MemoryExchange, Installation, str],
) -> None:
    _, installation, source = filled
    done = command(installation, "--json")
    assert done.status == 0, done.stderr
    letters = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(each["number"], each["partition"], each["reason"], each["source"]) for each in letters]
    assert told == [
        (1, "orders/1", "frame_malformed", None),
        (2, "orders/1", "key_unknown", source),
        (3, "orders/1", "frame_unverified", "book/0"),
    ]
    assert [each["first_sequence"] for each in letters] == [None, 42, 5]
    assert {each["kept_by"] for each in letters} == {"risk/1"}
    assert letters[0]["bytes"] == 88
    assert len({each["position"] for each in letters}) == 3
    listed = command(installation).stdout
    assert [line.split()[:1] for line in listed.rstrip().splitlines()[-3:]] == [["1"], ["2"], ["3"]]
    assert source[:12] in listed

    shown = command(installation, "show", "1").stdout
    assert "frame_malformed" in shown
    assert "no head of a frame" in shown
    assert "00000000  00 6e 6f 20 66 72" in shown
    assert ".no frame [red]a" in shown
    shown = command(installation, "show", "3").stdout
    assert "frame_unverified" in shown
    assert "book/0" in shown
    assert "bytes more were not kept" in shown
    assert json.loads(command(installation, "show", "2", "--json").stdout)["source"] == source
    missing = command(installation, "show", "4")
    assert (missing.status, "no dead letter 4" in missing.stderr) == (1, True)


def test_where_nothing_was_refused_it_says_so(tmp_path: Path) -> None:
    exchange, installation = installed(tmp_path, {})
    exchange.log.close()
    assert command(installation).stdout.strip() == "There are no dead letters."
    assert command(installation, "--json").stdout == ""


def test_what_others_write_there_is_no_dead_letter(tmp_path: Path) -> None:
    exchange, installation = installed(tmp_path, {})
    signed = Source(
        exchange.log,
        exchange.identity,
        signer_source(public_bytes(STRANGER), 1),
        "dead_letters/0",
        SignatureSealer(STRANGER),
        "stranger",
    )
    signed.send([encode(OpenSession())], 0)
    signed.flush()
    garbage = exchange.log.writer("dead_letters/0", "garbage")
    garbage.send(b"garbage", 1)
    garbage.poll()
    exchange.log.close()
    assert command(installation).stdout.strip() == "There are no dead letters."


@pytest.mark.pulsar
@pytest.mark.parametrize("filled", ["pulsar"], indirect=True)
def test_on_pulsar_a_plain_client_reads_them_in_the_topic_of_their_name(
    filled: tuple[MemoryExchange, Installation, str],
) -> None:
    exchange, installation, _ = filled
    address = parse(installation.log_address)
    assert address is not None
    client = Client(address.service_url, logger=FileLogger(LoggerLevel.Error, os.devnull))
    topic = f"persistent://{address.tenant}/{address.namespace}/dead_letters"
    data = client.create_reader(topic, MessageId.earliest).read_next(30_000).data()
    client.close()
    header = msgpack.unpackb(data[64:])
    assert header[:6] == [1, "dev", exchange.identity.genesis_id, "risk/1", "dead_letters/0", 1]
    _, partition, _, _, frame, size = msgpack.unpackb(header[8][0])
    assert (partition, frame[:9], size) == ("orders/1", b"\x00no frame", 88)
