"""The state file: where a participant's program was in its reports, so that it goes on there after a
restart."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bulkhead.client.errors import ClientError

VERSION = 1


@dataclass(frozen=True)
class State:
    exchange_id: str
    genesis_id: str
    participant_id: str
    public_key: str
    epoch: int
    """of the last session opened"""
    position: str | None
    """in the reports' partition, hexadecimal: everything up to it has been handled; None: its beginning"""
    last_sequence: int
    """of the last report handled; it may be after `position`, inside the next frame"""
    crc: int
    """the stream's running CRC-32 after that report"""
    risk_shard: int | None = None
    """the risk shard that said it; None: the one that connection.json names"""
    move_id: int = 0
    """the move of slots by which it came to do so; 0: none that is known"""
    orders: list[tuple[str, str, str]] = field(default_factory=list)
    """(account, client_order_id, instrument) of live orders: reports of them do not repeat the instrument"""


def load(path: Path) -> State | None:
    """None where there is no file. ClientError where it can't be read: it must not be taken for a new one."""
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
        version = values.pop("version")
        if version != VERSION:
            raise ValueError(f"version {version}, this client reads {VERSION}")
        values["orders"] = [(account, order, instrument) for account, order, instrument in values["orders"]]
        state = State(**values)
        if state.position is not None:
            bytes.fromhex(state.position)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClientError(
            f"the state file {path} can't be used: {error!r}; put a good copy back, or remove it to start"
            f" without (reports since it was written are then not seen again)"
        ) from error
    return state


def save(path: Path, state: State) -> None:
    """Replace the file, whole or not at all, durably."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(draft, "x") as file:
            json.dump({"version": VERSION, **asdict(state)}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ClientError(
            f"the state file {path} can't be written: {error}; the older one still stands"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
