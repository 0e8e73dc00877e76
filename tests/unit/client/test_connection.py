"""connection.json, and what is said when it or something that it names is not there."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bulkhead.client import ClientError, Connection, NoExchange, connect
from bulkhead.simulation.setting import key_of, public_bytes
from tests.support.exchange import MemoryExchange
from tests.unit.client.conftest import Connect


def test_what_is_written_is_read_again(connection_file: Path) -> None:
    connection = Connection.load(connection_file)
    copy = connection_file.parent / "copy.json"
    connection.write(copy)
    assert copy.read_bytes() == connection_file.read_bytes()


def test_it_says_ticks_and_lots_as_text_and_both_partitions(connection_file: Path) -> None:
    facts = json.loads(connection_file.read_text())
    assert facts["instruments"]["ETH-USD"] == {
        "base": "ETH",
        "quote": "USD",
        "market_data": "market_data/1",
        "tick": "0.01",
        "lot": "0.00000001",
        "price_increment": "0.05",
        "price_min": "0.05",
        "price_max": "10000000",
        "quantity_increment": "0.0001",
        "quantity_min": "0.0001",
        "quantity_max": "1000000",
    }
    assert facts["participants"]["carol"] == {
        "orders": "orders/0",
        "reports": "reports.carol/0",
        "accounts": ["carol.main"],
        "keys": {"carol": "keys/carol.pem"},
    }


def test_no_secret_is_in_it(exchange: MemoryExchange, connection_file: Path) -> None:
    text = connection_file.read_text()
    assert exchange.identity.mac_key.hex() not in text
    assert "PRIVATE" not in text


def test_a_field_of_a_newer_exchange_is_ignored(connection_file: Path) -> None:
    facts = json.loads(connection_file.read_text())
    connection_file.write_text(json.dumps(facts | {"later": 1}))
    assert Connection.load(connection_file).exchange_id == "dev"


def test_the_folder_stands_for_the_file_in_it(connection_file: Path) -> None:
    assert Connection.load(connection_file.parent).exchange_id == "dev"


def test_a_key_is_read_relative_to_the_file(connection_file: Path) -> None:
    key = Connection.load(connection_file).private_key("alice")
    assert public_bytes(key) == public_bytes(key_of("alice"))


def test_an_exchange_that_was_never_started_is_said_with_the_command_that_starts_it(tmp_path: Path) -> None:
    with pytest.raises(NoExchange, match=r"there is no .*connection\.json: .*bulkhead up"):
        Connection.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', "\x00"])
def test_a_file_that_is_something_else_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "connection.json"
    file.write_text(text)
    with pytest.raises(ClientError, match=r"connection\.json is no connection file of version 1"):
        Connection.load(file)


def test_an_unknown_participant_is_refused_with_those_that_there_are(connected: Connect) -> None:
    with pytest.raises(ClientError, match="no participant 'mallory'; it has alice, bob"):
        connected("mallory")


def test_an_unknown_key_is_refused_with_those_that_there_are(connected: Connect) -> None:
    with pytest.raises(ClientError, match="'alice' has no key 'spare'; it has alice"):
        connected("alice", key="spare")


def test_a_missing_key_file_is_named(connected: Connect, connection_file: Path) -> None:
    file = connection_file.parent / "keys" / "alice.pem"
    file.unlink()
    with pytest.raises(ClientError, match=r"keys/alice\.pem is missing"):
        connected("alice")


def test_a_key_file_that_is_none_is_named(connected: Connect, connection_file: Path) -> None:
    (connection_file.parent / "keys" / "alice.pem").write_text("not a key")
    with pytest.raises(ClientError, match=r"alice\.pem is no private key in PEM"):
        connected("alice")


def test_a_key_of_another_kind_is_refused(connected: Connect, connection_file: Path) -> None:
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (connection_file.parent / "keys" / "alice.pem").write_bytes(pem)
    with pytest.raises(ClientError, match="signed with Ed25519"):
        connected("alice")


def test_a_log_without_the_exchange_is_said(connection_file: Path) -> None:
    with pytest.raises(NoExchange, match=r"exchange 'dev' is not there: its log .* has no reports\.alice/0"):
        connect(connection_file, "alice")


def test_a_key_that_is_not_registered_is_never_answered(connected: Connect, connection_file: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (connection_file.parent / "keys" / "alice.pem").write_bytes(pem)
    with pytest.raises(NoExchange, match=r"nobody reads orders/1, or this key is not registered"):
        connected("alice")
