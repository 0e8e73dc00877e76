"""Which replica becomes the primary, and when."""

from bulkhead.errors import TemporaryError
from bulkhead.log.lease import lease_partition
from bulkhead.log.memory import MemoryLease
from bulkhead.machines.factory import make_reference
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.succession import LEASE, Succession
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange

BOOK = "book/0"


class Ear:
    """Hears that everybody is dead but those in `alive`."""

    def __init__(self, *alive: str) -> None:
        self._alive = alive
        self._name = ""

    @property
    def suspects(self) -> bool:
        return self._name not in self._alive

    def follow(self, name: str) -> None:
        self._name = name

    def close(self) -> None:
        """Nothing to give up."""


def _holder(exchange: MemoryExchange) -> str:
    holding = exchange.log.lease(lease_partition(BOOK), "who asks").holding()
    return "" if holding is None else holding.holder


def _look(replica: Follower, succession: Succession) -> dict[str, TemporaryError]:
    """As its loop does."""
    problems = succession.look()
    replica.look_at_primary()
    return problems


def test_a_replica_whose_primary_is_suspected_takes_over() -> None:
    exchange = MemoryExchange(TEXT)
    exchange.follow(BOOK).promote()
    replica = exchange.follow(BOOK)
    succession = Succession(replica, Ear(""))
    _look(replica, succession)
    assert not replica.primary
    _look(replica, succession)
    assert replica.primary


def test_a_replica_leaves_the_lease_to_one_that_was_faster() -> None:
    exchange = MemoryExchange(TEXT)
    exchange.follow(BOOK).promote()
    replica = exchange.follow(BOOK)
    succession = Succession(replica, Ear(""))
    _look(replica, succession)
    exchange.follow(BOOK).promote()
    _look(replica, succession)
    assert not replica.primary


def test_a_replica_that_took_the_lease_without_knowing_becomes_the_primary() -> None:
    """Found by the simulation: it heard itself alive, suspected nobody, and nobody was the primary."""
    exchange = MemoryExchange(TEXT)
    exchange.follow(BOOK).promote()
    replica = exchange.follow(BOOK)
    before = _holder(exchange)
    lease = replica._held
    assert isinstance(lease, MemoryLease)
    take = lease.take

    def take_unknown() -> None:
        take()
        raise TemporaryError("the log went away while the lease was taken")

    lease.take = take_unknown  # type: ignore[method-assign]  # what a log that is away does to it
    succession = Succession(replica, Ear("", lease.seen.holder))
    _look(replica, succession)
    assert LEASE in _look(replica, succession)
    assert _holder(exchange) != before
    assert not replica.primary
    lease.take = take  # type: ignore[method-assign]
    _look(replica, succession)
    assert replica.primary


def test_a_replica_takes_a_lease_that_was_offered_without_any_suspicion() -> None:
    exchange = MemoryExchange(TEXT)
    first, replica = exchange.follow(BOOK), exchange.follow(BOOK)
    first.promote()
    exchange.shards[BOOK] = first
    exchange.settle()
    succession = Succession(replica, Ear("", _holder(exchange)))
    while replica.lag():
        _look(replica, succession)
        replica.step(0.0)
    assert not replica.primary
    first.offer_lease()
    _look(replica, succession)
    _look(replica, succession)
    assert replica.primary
    replica.step(0.0)
    assert replica.publisher.frames_sent == 0  # all that was said before is known to be confirmed


def test_a_lease_is_not_offered_before_the_log_has_confirmed_what_was_sent() -> None:
    exchange = MemoryExchange(TEXT)
    first, replica = exchange.follow(BOOK), exchange.follow(BOOK)
    first.promote()
    first.apply(first.receive(0.0))
    first.publish()
    assert first.publisher.pending()
    first.offer_lease()
    replica.look_at_primary()
    assert not replica.offered
    first.confirm(0.0)
    first.offer_lease()
    replica.look_at_primary()
    assert replica.offered


def test_the_only_replica_leads_from_the_start_and_one_that_joins_it_follows() -> None:
    exchange = MemoryExchange(TEXT)
    shard = exchange.make(BOOK)
    alone = Follower(
        make_reference(BOOK),
        shard.partition,
        exchange.identity,
        exchange.log,
        exchange.snapshots,
        exchange.policy,
        lambda: exchange.now_us,
        "a",
        exchange.log.lease(lease_partition(BOOK), "alone"),
        leads=True,
    )
    alone.restore()
    assert not alone.primary
    alone.take_lease()
    assert alone.primary
    replica = exchange.follow(BOOK)
    _look(replica, Succession(replica, Ear("", "alone")))
    assert (replica.primary, replica.holder) == (False, "alone")
