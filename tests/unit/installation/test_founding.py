"""Founding: done once, repeated safely until it is done; keys are made in development only."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.alone import alone
from bulkhead.installation.founding import identity_of
from bulkhead.installation.ground import Refused, found
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.port import Record
from bulkhead.machines.factory import make_reference
from bulkhead.snapshots.open import erase_snapshots, open_snapshots
from bulkhead.snapshots.port import Snapshot
from bulkhead.topology.load import load
from bulkhead.wire.authentication import Verifier
from tests.support.redis import RedisServer
from tests.support.running import edited_topology


def installed(folder: Path, changes: dict[str, Any] | None = None) -> Installation:
    file = folder / "topology.yaml"
    file.write_text(edited_topology(changes or {}))
    return Installation(load(file), file)


def control_frames(installation: Installation) -> list[Record]:
    log = open_log(installation.log_address)
    try:
        return log.reader("control/0", "test").receive(1 << 24, 0.0)
    finally:
        log.close()


def test_it_is_founded_once_and_the_next_time_nothing_is_written(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    assert found(installation) == []
    frames, identity = control_frames(installation), identity_of(installation)
    assert frames
    assert found(installation) == []
    assert control_frames(installation) == frames
    assert identity_of(installation) == identity


def test_a_founding_that_was_interrupted_is_repeated_and_tells_control_the_same_once(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    found(installation)
    once = applied(installation)
    # As a death after the frames were written, and before that was written down, leaves it.
    record_path = installation.directory / "genesis.json"
    record_path.write_text(json.dumps({**json.loads(record_path.read_text()), "written": False}))
    found(installation)
    again = applied(installation)
    assert (again.events_applied, again.digest()) == (once.events_applied, once.digest())
    assert again.duplicates_dropped == once.events_applied > 0


def applied(installation: Installation) -> Any:
    """A control machine that has read its partition."""
    identity = identity_of(installation)
    verifier = Verifier(identity.exchange_id, identity.genesis_id, "control/0", identity.mac_key)
    machine = make_reference("control/0")
    for position, frame in control_frames(installation):
        verifier.check(frame)
        machine.apply_frame(position, frame)
    return machine


def test_a_changed_topology_is_warned_of_and_changes_nothing_that_machines_were_told(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    found(installation)
    frames = control_frames(installation)
    changed = installed(tmp_path, {"fees": {"taker": "0.0020"}})
    (warning,) = found(changed)
    assert "fees dev: taker_rate_e7: 10000 -> 20000: `bulkhead topology apply --reason ...` does" in warning
    assert control_frames(changed) == frames


def test_an_exchange_is_not_founded_beside_anothers_snapshots(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    store = open_snapshots(installation.snapshots_address)
    store.save("book/0", Snapshot(b"somewhere", 7, b"another exchange's"))
    with pytest.raises(FatalError, match=r"holds snapshots of another exchange, of book/0 .*down --erase"):
        found(installation)
    assert not (installation.directory / "genesis.json").exists()
    erase_snapshots(installation.snapshots_address)
    found(installation)


@pytest.mark.redis
def test_erasing_takes_the_exchanges_own_keys_out_of_redis_and_no_others(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    redis = {"url": redis_server.url, "password_file": redis_server.status.password_file}
    changes = {"snapshots": {"adapter": "redis", "directory": None, **redis}}
    installation = installed(tmp_path, {"exchange": "erased", **changes})
    kept = open_snapshots(installed(tmp_path, {"exchange": "erased-not", **changes}).snapshots_address)
    store = open_snapshots(installation.snapshots_address)
    for each in (store, kept):
        each.save("book/0", Snapshot(b"somewhere", 7, b"state"))
    erase_snapshots(installation.snapshots_address)
    assert store.newest("book/0") is None
    assert kept.newest("book/0") == Snapshot(b"somewhere", 7, b"state")
    with redis_server.client() as raw:
        assert raw.keys("bulkhead:erased:*") == []
    for each in (store, kept):
        each.close()


def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    found(installation)
    secrets = list((installation.directory / "keys").iterdir())
    assert {path.suffix for path in secrets} == {".pem", ".key"}
    for path in [*secrets, installation.directory / "genesis.json"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(installation.directory.stat().st_mode) == 0o700


def test_connection_json_names_key_files_and_holds_no_secret(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    found(installation)
    text = installation.connection_path.read_text()
    assert json.loads(text)["participants"]["alice"]["keys"] == {"alice": "keys/alice.pem"}
    assert installation.mac_key_path.read_text().strip() not in text
    assert "PRIVATE" not in text


def test_the_key_that_seals_the_log_is_not_made_again(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    found(installation)
    key = installation.mac_key_path
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(Refused, match=r"internal.key is missing, and seals every frame .*: put it back"):
        found(installation)
    assert not key.exists()
    key.write_bytes(kept)
    assert found(installation) == []


def test_two_processes_do_not_found_it_at_once(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    with alone(installation), pytest.raises(TemporaryError, match="another `up`, `upgrade` or"):
        found(installation)
    assert sorted(path.name for path in installation.directory.iterdir()) == ["apply.lock"]
    found(installation)


def test_a_missing_key_is_made_in_development_only(tmp_path: Path) -> None:
    values = yaml.safe_load(edited_topology({"development": False}))
    for participant in values["participants"].values():
        participant.pop("balances", None)
    file = tmp_path / "topology.yaml"
    file.write_text(yaml.safe_dump(values))
    installation = Installation(load(file), file)
    with pytest.raises(Refused, match=r"\.pem is missing: put the key there"):
        found(installation)
    assert not list(installation.directory.rglob("*.pem"))
    assert not installation.connection_path.exists()
