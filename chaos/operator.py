"""Operators while processes die: one who busts and corrects trades, one who only gives control to read."""

import random
import time
from typing import Self

from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from bulkhead.errors import TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source
from chaos.load import Load

REASON = "chaos"


KNOCK_EVERY_S = 0.1
"""as often as the clock ticks"""


class Signed:
    """An operator's stream to control. With `with` it is open while the block lasts."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def __enter__(self) -> Self:
        installation = self._installation
        key = installation.keys.private_key(installation.topology.keys.operators[0])
        self._log = open_log(installation.log_address)
        source = signer_source(key.public_key().public_bytes_raw(), time.time_ns() // 1000)
        self._stream = Source(
            self._log,
            identity_of(installation),
            source,
            "control/0",
            SignatureSealer(key),
            f"operator/{source}",
        )
        self._send(OpenSession())
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()

    def push(self) -> str:
        """Why the log has not taken everything yet; empty: it has. To be called again and again."""
        try:
            self._stream.poll()
        except TemporaryError as problem:
            return str(problem)
        return "a decision is on its way" if self._stream.pending() else ""

    def _send(self, message: OpenSession | BustTrade | CorrectTrade) -> None:
        self._stream.send([encode(message)], time.time_ns() // 1000)


class Operator(Signed):
    """What became of its decisions the checker finds out."""

    def __init__(self, installation: Installation, chance: random.Random) -> None:
        super().__init__(installation)
        self._chance = chance

    def reverse_one(self, load: Load) -> None:
        """Bust the newest trade of somebody, or make it a tick cheaper; before the first trade: nothing."""
        made = [trader.newest_trade for trader in load.traders if trader.newest_trade is not None]
        if not made:
            return
        instrument_id, trade_id, price_ticks = self._chance.choice(made)
        if self._chance.random() < 0.5:
            self._send(BustTrade(instrument_id, trade_id, REASON))
        else:
            self._send(CorrectTrade(instrument_id, trade_id, price_ticks - 1, REASON))


class Knocking(Signed):
    """Control has something to read, whether there is time or not. What is sent changes nothing."""

    _next_at = 0.0

    def turn(self) -> None:
        self.push()
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + KNOCK_EVERY_S
            self._send(OpenSession())
