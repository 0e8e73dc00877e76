"""Founding an exchange: its topics, its genesis id, its first messages. Done once; repeated safely until
it is done.
"""

import hashlib
import json
import secrets
import time

from bulkhead.domain.messages.control import RegisterKey
from bulkhead.errors import FatalError
from bulkhead.files import write_private
from bulkhead.installation.access import prepare_access
from bulkhead.installation.connection import write_connection
from bulkhead.installation.keys import read_secret
from bulkhead.installation.participants_keys import participants_keys
from bulkhead.installation.state import Installation, read_json
from bulkhead.log.open import grant, open_log
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.topology.genesis import genesis
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode

SOURCE = "genesis"
TOPOLOGY_CHANGED = (
    "{file} has changed since this exchange was founded. Its machines go on with what they were told then; "
    "shards, boundaries, log and snapshots follow the file. To begin anew: `bulkhead down --erase`, then "
    "`bulkhead up`"
)
KEY_UNKNOWN = (
    "{file} has the key {key.name} of {key.participant_id} otherwise than the exchange ({key.state}): "
    "`bulkhead key add {key.participant_id} {key.name} --reason ...` tells it"
)


def found(installation: Installation) -> list[str]:
    """Make what the topology needs, as far as it is not there. Returns warnings for a person.

    FatalError, with nothing founded: the log or the store of snapshots holds another exchange.
    TemporaryError: one of the two is away.
    """
    topology = installation.topology
    installation.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    public_keys = {name: installation.keys.public_key(name) for name in derived.key_names(topology)}
    messages = genesis(topology, public_keys)
    events = [encode(message) for message in messages]
    fixed = [encode(message) for message in messages if not isinstance(message, RegisterKey)]
    digest = hashlib.sha256(b"".join(fixed)).hexdigest()
    record_path = installation.directory / "genesis.json"
    record = read_json(record_path)
    accesses = prepare_access(installation) if topology.log.secured else []
    log = open_log(installation.log_address)
    try:
        for topic in derived.topics(topology):
            log.create_topic(topic.name, topic.partitions)
        grant(installation.log_address, accesses)
        if record is None:
            _refuse_another(log, installation)
            _refuse_anothers_snapshots(installation)
            record = {
                "genesis_id": secrets.token_hex(16),
                "digest": digest,
                "events": [event.hex() for event in events],
                "written": False,
            }
            write_private(record_path, json.dumps(record).encode())
        identity = Identity(
            topology.exchange, bytes.fromhex(record["genesis_id"]), read_secret(installation.mac_key_path)
        )
        if not record["written"]:
            _write_genesis(log, identity, [bytes.fromhex(event) for event in record["events"]])
            record["written"] = True
            write_private(record_path, json.dumps(record).encode())
    finally:
        log.close()
    write_connection(installation, identity.genesis_id)
    warnings = [
        KEY_UNKNOWN.format(file=installation.file.name, key=key)
        for key in participants_keys(installation)
        if key.state in ("not registered", "may otherwise")
    ]
    if record["digest"] != digest:
        warnings.append(TOPOLOGY_CHANGED.format(file=installation.file.name))
    return warnings


def _refuse_another(log: Log, installation: Installation) -> None:
    """A log outlives the folder that founded it: two geneses in one would each refuse what the other says."""
    reader = log.reader("control/0", SOURCE)
    try:
        if reader.end() is not None:
            raise FatalError(
                f"{installation.log_address} holds an exchange that was not founded in"
                f" {installation.directory}: put that folder back, give this exchange another name or"
                f" log, or, to lose what is there, `bulkhead down --erase`"
            )
    finally:
        reader.close()


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


def identity_of(installation: Installation) -> Identity:
    """The identity of a founded exchange, with the key of internal frames."""
    record = read_json(installation.directory / "genesis.json")
    if record is None:
        raise FileNotFoundError(
            f"there is no exchange in {installation.directory}: start it with `bulkhead up`"
        )
    return Identity(
        installation.topology.exchange,
        bytes.fromhex(record["genesis_id"]),
        read_secret(installation.mac_key_path),
    )


def _write_genesis(log: Log, identity: Identity, events: list[bytes]) -> None:
    """From sequence 1 at every try: what an interrupted try had written is dropped as a repetition."""
    source = Source(log, identity, SOURCE, "control/0", MacSealer(identity.mac_key), SOURCE)
    source.send(events, time.time_ns() // 1000)
    source.flush()
    source.close()
