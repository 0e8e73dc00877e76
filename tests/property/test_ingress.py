"""Gateways that are killed and doubled at any point: every frame that verifies arrives, in its order, and
every other is one dead letter.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.control import RevokeKey
from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.domain.messages.participant import CancelOrder, OpenSession
from bulkhead.domain.reasons import Reason
from bulkhead.runtime.ingress.lane import WINDOW_FRAMES
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.wire.authentication import MacSealer, Sealer, SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import read_frame, signer_source
from tests.property.exchange_replay import replay
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.gateways import SteppedGateway

GATEWAYS = TEXT.replace("  settlement: {count: 2}", "  ingress: gateway\n  settlement: {count: 2}").replace(
    "contains: [risk/*,", "contains: [ingress/*, risk/*,"
)
WHOM = ("alice", "bob")
"""on one risk shard, by the small topology"""


class Flooded:
    """An exchange, what participants wrote, and what should come of it."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(GATEWAYS)
        self.good: dict[str, list[bytes]] = {name: [] for name in WHOM}
        self.bad: list[tuple[str, bytes, Reason]] = []
        self.gateways: list[SteppedGateway] = []
        self._sources = {name: self._source(name, name) for name in WHOM}
        for name in WHOM:
            self.write(name, self._sources[name].frame([encode(OpenSession())], 0))

    def _source(self, named: str, signed: str, destination: str = "orders/1") -> Source:
        source = signer_source(public_bytes(key_of(named)), 1)
        return self._made(source, SignatureSealer(key_of(signed)), destination)

    def _made(self, source: str, sealer: Sealer, destination: str) -> Source:
        exchange = self.exchange
        return Source(exchange.log, exchange.identity, source, destination, sealer, "test")

    def write(self, name: str, frame: bytes, reason: Reason | None = None) -> None:
        writer = self.exchange.log.writer(f"ingress.{name}/0", name)
        writer.send(frame, 1)
        writer.poll()
        writer.close()
        if reason is None:
            self.good[name].append(frame)
        else:
            self.bad.append((name, frame, reason))

    def order(self, name: str) -> None:
        event = encode(CancelOrder(f"{name}.main", "none"))
        self.write(name, self._sources[name].frame([event], 0))

    def refusable(self, name: str, reason: Reason) -> None:
        """A frame that is not forwarded from the participant's topic."""
        other = "bob" if name == "alice" else "alice"
        events = [encode(OpenSession())]
        mac = MacSealer(self.exchange.identity.mac_key)
        sources = {
            Reason.FRAME_UNVERIFIED: self._source(other, name),
            Reason.FRAME_FOREIGN: self._source(name, name, "orders/0"),
            Reason.KEY_UNKNOWN: self._source(other, other),
            Reason.SOURCE_FORBIDDEN: self._made("book/0", mac, "orders/1"),
        }
        garbage = reason is Reason.FRAME_MALFORMED
        self.write(name, b"garbage" if garbage else sources[reason].frame(events, 0), reason)

    def start_gateway(self) -> SteppedGateway:
        exchange = self.exchange
        gateway = SteppedGateway(exchange.log, exchange.identity, exchange.shards["ingress/1"])
        self.gateways.append(gateway)
        return gateway

    def finish(self) -> None:
        """As a gateway that lives on, and all shards, leave it."""
        last = self.gateways[-1] if self.gateways else self.start_gateway()
        while last.step():
            pass
        self.exchange.settle()

    def forwarded(self, name: str) -> list[bytes]:
        """The participant's frames in its risk shard's partition, without repetitions."""
        own = public_bytes(key_of(name)).hex()
        frames = self.exchange.frames("orders/1")
        return list(dict.fromkeys(frame for frame in frames if read_frame(frame).source.startswith(own)))

    def letters(self) -> list[DeadLetter]:
        found = dict(messages_in(self.exchange.log.reader("dead_letters/0", "test")))
        return [found[number] for number in sorted(found)]


@contextmanager
def flooded() -> Iterator[Flooded]:
    made = Flooded()
    try:
        yield made
    finally:
        for gateway in made.gateways:
            gateway.close()
        made.exchange.log.close()


REASONS = st.sampled_from(
    [
        Reason.FRAME_MALFORMED,
        Reason.FRAME_UNVERIFIED,
        Reason.FRAME_FOREIGN,
        Reason.KEY_UNKNOWN,
        Reason.SOURCE_FORBIDDEN,
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sampled_from(WHOM), st.none()),
        st.tuples(st.just("refusable"), st.sampled_from(WHOM), REASONS),
        # A lane may be stepped and what it did not be told: the next run repeats it.
        st.tuples(st.just("lane"), st.sampled_from(WHOM), st.integers(0, 3)),
        st.tuples(st.just("tell"), st.none(), st.integers(0, 3)),
        st.tuples(st.just("machine"), st.none(), st.booleans()),
        st.tuples(st.just("another gateway"), st.none(), st.none()),
        st.tuples(st.just("settle"), st.none(), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_is_killed_or_runs_twice_each_frame_arrives_in_order_or_is_one_dead_letter(
    steps: list[tuple[str, str | None, object]],
) -> None:
    with flooded() as run:
        for what, whom, choice in steps:
            _do(run, what, whom, choice)
        run.finish()
        for name in WHOM:
            assert run.forwarded(name) == run.good[name]
            letters = [letter for letter in run.letters() if letter.partition == f"ingress.{name}/0"]
            expected = [(frame, reason) for whose, frame, reason in run.bad if whose == name]
            assert [(letter.frame, letter.reason) for letter in letters] == expected
        _replays_the_same(run)


def _do(run: Flooded, what: str, whom: str | None, choice: object) -> None:
    if what == "order":
        run.order(str(whom))
    elif what == "refusable":
        assert isinstance(choice, Reason)
        run.refusable(str(whom), choice)
    elif what == "settle":
        run.finish()
    elif what == "another gateway" or not run.gateways:
        run.start_gateway()
    elif what == "machine":
        if choice:
            run.exchange.start("ingress/1")  # killed, and the gateway with it
            run.start_gateway()
        run.exchange.shards["ingress/1"].step(0.0)
    else:
        assert isinstance(choice, int)
        gateway = run.gateways[choice % len(run.gateways)]
        gateway.open_lanes()
        if what == "lane":
            gateway.step_lane(gateway.gateway.lanes[str(whom)])
        else:
            gateway.gateway.tell()


def _replays_the_same(run: Flooded) -> None:
    exchange = run.exchange
    held, machine = exchange.frames("ingress/1"), exchange.shards["ingress/1"].machine
    for renew_every in (0, 1):
        replayed = replay("ingress/1", exchange.identity, held, renew_every)
        assert (replayed.digest, replayed.streams) == (machine.digest().hex(), machine.streams())


def test_a_gateway_that_is_restarted_goes_on_counting_where_the_one_before_was() -> None:
    with flooded() as run:
        for _ in range(2):
            run.start_gateway()
            run.refusable("alice", Reason.FRAME_MALFORMED)
            run.order("alice")
            run.finish()
        assert len(run.letters()) == 2
        frames = run.exchange.frames("orders/1")
        assert [frames.count(frame) for frame in run.good["alice"]] == [1, 1, 1]


def test_a_key_that_is_revoked_is_refused_by_the_gateway_from_then_on() -> None:
    with flooded() as run:
        run.order("alice")
        run.finish()
        run.exchange.control(RevokeKey(public_bytes(key_of("alice")), "stolen"))
        run.exchange.settle()
        run.order("alice")
        frame = run.good["alice"].pop()
        run.order("bob")
        run.finish()
        assert [run.forwarded(name) for name in WHOM] == [run.good[name] for name in WHOM]
        assert [(letter.reason, letter.frame) for letter in run.letters()] == [(Reason.KEY_UNKNOWN, frame)]


@pytest.mark.parametrize("what", ["good", "bad"])
def test_more_frames_than_a_window_has_wait_until_what_was_taken_is_told(what: str) -> None:
    """A lane that is full asks for that, and goes on."""
    with flooded() as run:
        garbage = b"garbage"
        for _ in range(WINDOW_FRAMES + 10):
            run.write("alice", garbage, Reason.FRAME_MALFORMED) if what == "bad" else run.order("alice")
        run.finish()
        assert run.forwarded("alice") == run.good["alice"]
        assert len(run.letters()) == len(run.bad)
