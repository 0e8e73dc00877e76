"""A log that contradicts itself breaks a promise, unless a sick process's decision explains it."""

from collections.abc import Callable, Iterable

import pytest

from bulkhead.domain.messages.quarantine import EventSkipped, PrimaryClaimed
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import Output
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.derivation import derive
from bulkhead.runtime.source import Source
from bulkhead.simulation.contradiction import only_sick_ones_contradict
from bulkhead.simulation.evidence import records, verifier_of
from bulkhead.simulation.schedule import S
from bulkhead.simulation.setting import IDENTITY
from bulkhead.simulation.world import World
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import read_frame, split_body

BOOK, BOOKS, DECISIONS = "book/0", "books/0", "quarantine.book/0"


@pytest.fixture(name="world")
def _world() -> World:
    """In which everybody has one order in each book."""
    world = World(1, S, replicas=False, gateways=False)
    for who in world.participants:
        who.probe()
    world.schedule.run_until(20 * S)
    return world


def _say(world: World, source: str, destination: str, events: list[bytes], last: int, crc: int) -> None:
    sealer = MacSealer(IDENTITY.mac_key)
    stream = Source(world.network.log, IDENTITY, source, destination, sealer, "test", last, crc)
    stream.send(events, 0)
    stream.poll()


def _skip_the_last_order(world: World, why: str) -> None:
    """As a process decides that raises there."""
    position, frame = next(
        (position, read_frame(data))
        for position, data in reversed(records(world.network.log, BOOKS))
        if read_frame(data).source.startswith("risk/")
    )
    skip = EventSkipped(
        b"claim", position, frame.source, frame.last, 0, "instrument X-USD", frame.events[-1], why, 0
    )
    _say(world, f"{BOOK}/test", DECISIONS, [encode(PrimaryClaimed(b"claim")), encode(skip)], 0, 0)


def _say_again(world: World, change: Callable[[bytes], bytes] = lambda event: event) -> None:
    """Everything that the book says where it obeys what is decided."""
    for output in _derived(world):
        events = [change(event) for event in split_body(output.body, output.events)]
        _say(world, BOOK, output.destination, events, output.first - 1, output.crc)


def _derived(world: World) -> Iterable[Output]:
    log = world.network.log
    known, verifier = decided(log, IDENTITY, BOOK), verifier_of(IDENTITY, BOOKS)
    for _, outputs in derive(make_reference(BOOK), verifier, records(log, BOOKS), known):
        yield from outputs


def test_a_log_that_says_each_thing_once_does_not_contradict_itself(world: World) -> None:
    _say_again(world)
    assert not only_sick_ones_contradict(world.network.log, IDENTITY, world.names)


def test_what_one_sick_process_decided_to_skip_and_another_had_passed_explains_both(world: World) -> None:
    _skip_the_last_order(world, "Sick(OrderEntered)")
    _say_again(world)
    assert only_sick_ones_contradict(world.network.log, IDENTITY, world.names)


def test_what_all_raised_on_explains_nothing(world: World) -> None:
    _skip_the_last_order(world, "Poisoned(OrderEntered)")
    _say_again(world)
    assert not only_sick_ones_contradict(world.network.log, IDENTITY, world.names)


def test_another_contradiction_beside_it_is_not_explained(world: World) -> None:
    _skip_the_last_order(world, "Sick(OrderEntered)")
    _say_again(world, lambda event: event[:-1] + bytes([event[-1] ^ 1]))
    assert not only_sick_ones_contradict(world.network.log, IDENTITY, world.names)
