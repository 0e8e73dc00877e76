"""The tokens by which a secured log knows the exchange's shards and participants, one file for each role."""

from pathlib import Path

from bulkhead.broker.problem import BrokerError
from bulkhead.installation.keys import KeyMissing


class Tokens:
    """`directory`: ROLE.jwt. Missing ones are made where `signing_key` names the file of a private key."""

    def __init__(self, directory: Path, signing_key: Path | None) -> None:
        self._directory = directory
        self._signing_key = signing_key

    def path(self, role: str) -> Path:
        return self._directory / f"{role}.jwt"

    @property
    def can_be_made(self) -> bool:
        return self._signing_key is not None

    def ensure(self, role: str) -> None:
        """KeyMissing: the role's token is not there, and none can be made."""
        path = self.path(role)
        if path.exists():
            return
        if self._signing_key is None:
            raise KeyMissing(f"{path} is missing: {self.advice(role)}")
        from bulkhead.broker.security import write_token  # has what only who makes tokens needs

        try:
            write_token(self._signing_key, role, path)
        except BrokerError as problem:
            raise KeyMissing(f"{path} is missing and can't be made: {problem}") from problem

    @staticmethod
    def advice(role: str) -> str:
        """What to do about a missing one, where none can be made."""
        return (
            f"put the token of the role {role} there, mode 0600, or, in development, let log.token_key name"
            f" the key to make one with"
        )
