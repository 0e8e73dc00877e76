"""An operator who decides at an exchange in one thread."""

import itertools
from typing import Any

from bulkhead.domain.messages.participant import OpenSession
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source
from tests.support.exchange import MemoryExchange


class Operator:
    def __init__(self, exchange: MemoryExchange, name: str = "operator") -> None:
        self._exchange = exchange
        self._key = key_of(name)
        self.public_key = public_bytes(self._key)
        self._epochs = itertools.count(1)

    def decide(self, message: Any) -> None:
        """Have it in control's partition, signed, in a stream of its own."""
        key = self._key
        source = signer_source(self.public_key, next(self._epochs))
        exchange = self._exchange
        stream = Source(exchange.log, exchange.identity, source, "control/0", SignatureSealer(key), source)
        stream.send([encode(OpenSession()), encode(message)], 0)
        stream.poll()
