"""connection.json: what a participant's program must know of an exchange. Public facts, no secrets.

`bulkhead up` writes it beside the keys. It may be copied; the key files are looked for relative to it.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, ValidationError

from bulkhead.client.errors import ClientError, NoExchange
from bulkhead.log.open import with_credentials

FILE_NAME = "connection.json"
PositiveText = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")]
"""A decimal as text: exact, and the same in every language."""


class _Facts(BaseModel):
    # Unknown fields are ignored: an older client reads a newer exchange's file.
    model_config = ConfigDict(frozen=True)


class Asset(_Facts):
    decimals: int
    """amounts are whole numbers of 10^-decimals"""


class Instrument(_Facts):
    base: str
    """the asset bought and sold"""
    quote: str
    """the asset that it is paid in"""
    market_data: str
    """the partition of its public feed"""
    tick: PositiveText
    """the price of one tick, in the quote asset for one of the base asset"""
    lot: PositiveText
    """the quantity of one lot, in the base asset"""
    price_increment: PositiveText
    price_min: PositiveText
    price_max: PositiveText
    quantity_increment: PositiveText
    quantity_min: PositiveText
    quantity_max: PositiveText


class Participant(_Facts):
    orders: str
    """the partition that its commands are addressed to"""
    ingress: str | None = None
    """the partition that they are written to; left out: `orders`"""
    reports: str
    """the partition that it reads"""
    accounts: tuple[str, ...]
    keys: dict[str, str] = Field(min_length=1)
    """name -> file with the private key (PEM, PKCS8, Ed25519), relative to connection.json"""
    token: str | None = None
    """where the log is secured: the file with the participant's token, relative to connection.json"""


class Connection(_Facts):
    version: Literal[1] = 1
    exchange_id: str
    genesis_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    log: str
    """the log's address; where it is secured, without the files of any party"""
    ca: str | None = None
    """where the log is secured: the file with its authority's certificate, relative to connection.json; left
    out: the machine's own authorities"""
    assets: dict[str, Asset]
    instruments: dict[str, Instrument]
    participants: dict[str, Participant]
    _directory: Path = PrivateAttr(default=Path())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a connection file. NoExchange where there is none, ClientError where it is no such file."""
        file = Path(path)
        if file.is_dir():
            file /= FILE_NAME
        try:
            connection = cls.model_validate_json(file.read_bytes())
        except FileNotFoundError as error:
            raise NoExchange(
                f"there is no {file}: start the exchange with `bulkhead up`, which writes it, or name"
                f" the file"
            ) from error
        except OSError as error:
            raise ClientError(f"{file} can't be read: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"])) or "it"
            raise ClientError(
                f"{file} is no connection file of version 1: {field}: {first['msg']}; let `bulkhead up`"
                f" write it anew"
            ) from error
        connection._directory = file.resolve().parent
        return connection

    def write(self, path: str | Path) -> None:
        """Write the file, whole or not at all."""
        file = Path(path)
        text = json.dumps(self.model_dump(mode="json", exclude_none=True), indent=1) + "\n"
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        try:
            draft.write_text(text)
            os.replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)

    def at(self, directory: Path) -> Self:
        """The same, with key files looked for in `directory`: for a connection that was not read from a
        file."""
        moved = self.model_copy()
        moved._directory = directory
        return moved

    def participant(self, participant_id: str) -> Participant:
        """ClientError where the exchange has none of that name."""
        found = self.participants.get(participant_id)
        if found is None:
            raise ClientError(
                f"exchange {self.exchange_id!r} has no participant {participant_id!r}; it has"
                f" {_some(self.participants)}"
            )
        return found

    def log_address(self, participant_id: str) -> str:
        """The address by which the participant opens the log. ClientError where it has no token for one."""
        token = self.participant(participant_id).token
        if token is None:
            return self.log
        file = self._directory / token
        if not file.exists():
            raise ClientError(
                f"the token of participant {participant_id!r} is not there: {file} is missing; whoever runs"
                f" the exchange has it"
            )
        return with_credentials(
            self.log, str(file), None if self.ca is None else str(self._directory / self.ca)
        )

    def instrument(self, instrument_id: str) -> Instrument:
        """ValueError where the exchange has none of that name."""
        found = self.instruments.get(instrument_id)
        if found is None:
            raise ValueError(
                f"exchange {self.exchange_id!r} has no instrument {instrument_id!r}; it has"
                f" {_some(self.instruments)}"
            )
        return found

    def private_key(self, participant_id: str, name: str | None = None) -> Ed25519PrivateKey:
        """The participant's key of that name, its first one by default. ClientError where it is not there."""
        keys = self.participant(participant_id).keys
        name = next(iter(keys)) if name is None else name
        if name not in keys:
            raise ClientError(f"participant {participant_id!r} has no key {name!r}; it has {_some(keys)}")
        file = self._directory / keys[name]
        try:
            key = load_pem_private_key(file.read_bytes(), password=None)
        except FileNotFoundError as error:
            raise ClientError(
                f"the key {name!r} of participant {participant_id!r} is not there: {file} is missing; put it"
                f" there, or, in development, let `bulkhead up` make it"
            ) from error
        except OSError as error:
            raise ClientError(f"the key {name!r} can't be read: {error}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ClientError(f"{file} is no private key in PEM without a password: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ClientError(f"{file} is a key of another kind; commands are signed with Ed25519")
        return key


def _some(names: dict[str, object] | dict[str, Participant] | dict[str, Instrument] | dict[str, str]) -> str:
    first = list(names)[:8]
    return ", ".join(first) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
