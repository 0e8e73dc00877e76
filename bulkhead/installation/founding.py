"""Founding an exchange: its genesis id, its first messages. Done once; repeated safely until it is done."""

import json
import secrets
import time
from typing import Any

from pydantic import ValidationError

from bulkhead.errors import FatalError
from bulkhead.files import read_secret, write_private
from bulkhead.installation.state import Installation, read_json
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.topology.genesis import genesis
from bulkhead.topology.models import Topology
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode

SOURCE = "genesis"


def write_genesis(installation: Installation) -> None:
    """Write the first messages, once. Keys and topics are there.

    FatalError, with nothing written: the log or the store of snapshots holds another exchange.
    TemporaryError: one of the two is away.
    """
    record = genesis_record(installation)
    log = open_log(installation.log_address)
    try:
        if record is None:
            _refuse_another(log, installation)
            _refuse_anothers_snapshots(installation)
            record = _begin(installation)
        if not record["written"]:
            events = [bytes.fromhex(event) for event in record["events"]]
            _write_events(log, identity_of(installation), events)
            _remember(installation, record | {"written": True})
    finally:
        log.close()


def genesis_record(installation: Installation) -> dict[str, Any] | None:
    """What is remembered of the founding; None before it."""
    record: dict[str, Any] | None = read_json(installation.directory / "genesis.json")
    return record


def founded_topology(record: dict[str, Any]) -> Topology | None:
    """What the exchange was founded with; None: it was not written down, or this version can't read it."""
    try:
        return Topology.model_validate(record.get("topology"))
    except ValidationError:
        return None


def control_is_empty(installation: Installation) -> bool:
    """Whether the log's first partition, which is there, holds nothing."""
    log = open_log(installation.log_address)
    try:
        return _is_empty(log)
    finally:
        log.close()


def identity_of(installation: Installation) -> Identity:
    """The identity of a founded exchange, with the key of internal frames."""
    record = genesis_record(installation)
    if record is None:
        raise FileNotFoundError(
            f"there is no exchange in {installation.directory}: start it with `bulkhead up`"
        )
    return Identity(
        installation.topology.exchange,
        bytes.fromhex(record["genesis_id"]),
        read_secret(installation.mac_key_path),
    )


def _begin(installation: Installation) -> dict[str, Any]:
    topology = installation.topology
    public_keys = {name: installation.keys.public_key(name) for name in derived.key_names(topology)}
    record = {
        "genesis_id": secrets.token_hex(16),
        "topology": topology.model_dump(mode="json", exclude_none=True),
        "events": [encode(message).hex() for message in genesis(topology, public_keys)],
        "written": False,
    }
    _remember(installation, record)
    return record


def _remember(installation: Installation, record: dict[str, Any]) -> None:
    write_private(installation.directory / "genesis.json", json.dumps(record).encode())


def _is_empty(log: Log) -> bool:
    reader = log.reader("control/0", SOURCE)
    try:
        return reader.end() is None
    finally:
        reader.close()


def _refuse_another(log: Log, installation: Installation) -> None:
    """A log outlives the folder that founded it: two geneses in one would each refuse what the other says."""
    if not _is_empty(log):
        raise FatalError(
            f"{installation.log_address} holds an exchange that was not founded in"
            f" {installation.directory}: put that folder back, give this exchange another name or"
            f" log, or, to lose what is there, `bulkhead down --erase`"
        )


def _refuse_anothers_snapshots(installation: Installation) -> None:
    """A shard would begin where another exchange's had been."""
    store = open_snapshots(installation.snapshots_address)
    try:
        for shard in derived.shards(installation.topology):
            if shard.kind not in ("supervisor", "view") and store.newest(shard.name) is not None:
                raise FatalError(
                    f"{installation.snapshots_address} holds snapshots of another exchange, of {shard.name}"
                    f" at least: put the folder back that it was founded in, give this exchange another name"
                    f" or store, or, to lose what is there, `bulkhead down --erase`"
                )
    finally:
        store.close()


def _write_events(log: Log, identity: Identity, events: list[bytes]) -> None:
    """From sequence 1 at every try: what an interrupted try had written is dropped as a repetition."""
    source = Source(log, identity, SOURCE, "control/0", MacSealer(identity.mac_key), SOURCE)
    source.send(events, time.time_ns() // 1000)
    source.flush()
    source.close()
