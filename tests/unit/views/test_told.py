"""What machines have said to a partition is told once; what nobody of them said, never; a hole is named."""

import pytest
from structlog.testing import capture_logs

from bulkhead.domain.messages.decisions import DecisionTaken
from bulkhead.runtime.source import Source
from bulkhead.views.told import ToldReader
from bulkhead.wire.authentication import MacSealer, Verifier
from bulkhead.wire.codec import encode
from tests.support.exchange import MemoryExchange

EVENTS = [encode(DecisionTaken(b"k" * 32, 1, number)) for number in range(1, 6)]


class Decisions:
    """The partition, and a shard that says EVENTS to it."""

    def __init__(self) -> None:
        self.exchange = exchange = MemoryExchange()
        verifier = Verifier(
            exchange.identity.exchange_id,
            exchange.identity.genesis_id,
            "decisions/0",
            exchange.identity.mac_key,
        )
        self.reader = ToldReader(exchange.log, "decisions/0", verifier, "test")

    def say(self, first: int, last: int, key: bytes | None = None) -> None:
        identity = self.exchange.identity
        sealer = MacSealer(identity.mac_key if key is None else key)
        source = Source(self.exchange.log, identity, "risk/0", "decisions/0", sealer, "risk/0/a", first - 1)
        source.send(EVENTS[first - 1 : last], 0)
        source.poll()

    def told(self) -> list[int]:
        return [told.message.sequence for told in self.reader.so_far()]


@pytest.fixture(name="decisions")
def _decisions() -> Decisions:
    return Decisions()


def test_what_is_said_again_cut_otherwise_is_told_once(decisions: Decisions) -> None:
    decisions.say(1, 3)
    assert decisions.told() == [1, 2, 3]
    decisions.say(2, 5)
    decisions.say(1, 5)
    assert decisions.told() == [4, 5]


def test_what_no_machine_of_this_exchange_has_sealed_is_not_told(decisions: Decisions) -> None:
    decisions.say(1, 1, b"another" * 4 + b"key!")
    assert decisions.told() == []


def test_a_hole_is_named_and_the_reading_goes_on(decisions: Decisions) -> None:
    decisions.say(1, 2)
    decisions.say(4, 5)
    with capture_logs() as logs:
        assert decisions.told() == [1, 2, 4, 5]
    assert [(each["source"], each["after"], each["before"]) for each in logs] == [("risk/0", 2, 4)]
