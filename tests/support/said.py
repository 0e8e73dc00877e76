"""An outbox that keeps what a machine says."""

from typing import Any


class Said:
    source = "test"

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any]] = []

    def send(self, destination: str, message: Any) -> None:
        self.messages.append((destination, message))
