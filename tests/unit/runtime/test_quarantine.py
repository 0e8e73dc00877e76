"""What processes do about an event that their machine raises on: the rules of tests/model/quarantine.py."""

import pytest

from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError, Superseded
from bulkhead.machines.interface import MachineRaised
from bulkhead.runtime.decisions import Decisions
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.mirror import Mirror
from bulkhead.runtime.quarantine import Quarantine
from bulkhead.runtime.shard import SkipMissed
from bulkhead.simulation.replay import replayed
from tests.support.raising import RISK, Venue, healthy, order, poison, raising
from tests.support.running import until


@pytest.fixture(name="venue")
def _venue() -> Venue:
    return Venue()


def test_what_raises_is_skipped_its_account_halts_and_the_rest_goes_on(venue: Venue) -> None:
    process = venue.process()
    venue.alice.send(order("first"), order("poison"), order("halted"))
    venue.alice.send(order("other", "alice.other"))
    process.go()
    venue.exchange.settle()
    process.go()
    told = venue.alice.reports()
    refusals = [
        (report.client_order_id, report.reason) for report in told if isinstance(report, OrderRejected)
    ]
    assert refusals == [("poison", Reason.QUARANTINED), ("halted", Reason.ACCOUNT_HALTED)]
    assert "other" in [report.client_order_id for report in told if isinstance(report, OrderAccepted)]
    assert list(process.shard.machine.quarantined()) == ["account alice.main"]
    assert venue.skipped() == [3]
    venue.agreed(process)


def test_what_raises_once_is_applied_from_the_state_before(venue: Venue) -> None:
    seen: list[str] = []

    def first_time(message: PlaceOrder) -> bool:
        seen.append(message.client_order_id)
        return len(seen) == 1

    process = venue.process(first_time)
    venue.alice.send(order("first"))
    process.go()
    assert seen == ["first", "first"]
    assert venue.skipped() == []
    assert not process.shard.machine.quarantined()


def test_what_raised_once_is_forgotten_when_it_is_passed(venue: Venue) -> None:
    """The simulation found it: what raised after it was taken for a sign that the computer is at fault."""
    seen: list[str] = []

    def once_and_poison(message: PlaceOrder) -> bool:
        seen.append(message.client_order_id)
        return len(seen) == 1 or poison(message)

    process = venue.process(once_and_poison)
    venue.alice.send(order("once"))
    venue.alice.send(order("between"), order("poison"))
    process.go()
    assert venue.skipped() == [4]
    venue.agreed(process)


def test_what_was_decided_before_the_second_try_is_forgotten_when_it_is_passed(venue: Venue) -> None:
    primary, standby = venue.process(follows=True), venue.process(follows=True)
    primary.promote()
    venue.alice.send(order("poison"))
    with pytest.raises(MachineRaised) as first_try:
        standby.shard.step(0.0)
    assert standby._quarantine.tries_again(standby.shard, first_try.value)
    primary.go()
    primary.promote()
    primary.go()
    standby._live_again()
    standby.go()
    venue.alice.send(order("poison", "alice.other"))
    assert "raised on event 3" in standby.go()  # and it waits
    assert venue.skipped() == [2]


def test_a_process_that_starts_later_honours_what_was_decided(venue: Venue) -> None:
    process = venue.process()
    venue.alice.send(order("poison"))
    process.go()
    later = venue.process()
    later.go()
    assert venue.skipped() == [2]
    assert later.shard.machine.digest() == process.shard.machine.digest()
    venue.agreed(later)


def test_who_raises_where_another_has_gone_on_halts_and_decides_nothing(venue: Venue) -> None:
    other = venue.process(healthy)
    venue.alice.send(order("first"))
    venue.alice.send(order("poison"))
    other.go()
    sick = venue.process()
    with pytest.raises(FatalError, match=r"books/0 has what another process said .* suspect this computer"):
        sick.go()
    assert venue.skipped() == []


def test_that_another_has_gone_on_shows_in_its_first_word_to_a_partition_too(venue: Venue) -> None:
    """Found by the simulation, where an active replica had entered the shard's first order."""
    other = venue.process(healthy)
    venue.alice.send(order("poison"))
    other.go()
    sick = venue.process()
    assert "books/0" not in sick.shard.machine.streams().outputs
    with pytest.raises(FatalError, match=r"books/0 has what another process said .* suspect this computer"):
        sick.go()
    assert venue.skipped() == []


def test_a_superseded_process_decides_nothing_and_steals_no_lease(venue: Venue) -> None:
    process = venue.process()
    venue.process(healthy)
    venue.alice.send(order("poison"))
    with pytest.raises(Superseded):
        process.go()
    assert venue.skipped() == []


def test_a_standby_waits_for_the_primarys_decision_and_agrees(venue: Venue) -> None:
    primary, standby = venue.process(follows=True), venue.process(follows=True)
    primary.promote()
    venue.alice.send(order("poison"), order("behind"))
    assert "raised on event 2" in standby.go()
    assert "raised on event 2" in primary.go()  # it has the lease still, and has to find that out
    assert venue.skipped() == []
    primary.promote()
    assert not primary.go()
    assert venue.skipped() == [2]
    assert not standby.go()
    assert standby.shard.machine.digest() == primary.shard.machine.digest()
    venue.agreed(standby)


def test_a_standby_that_raises_where_the_primary_went_on_halts_itself(venue: Venue) -> None:
    primary, standby = venue.process(healthy, follows=True), venue.process(follows=True)
    primary.promote()
    venue.alice.send(order("poison"))
    for _ in range(20):
        venue.exchange.now_us += 1_000_000
        primary.shard.step(0.0)
    with pytest.raises(FatalError, match="has applied it: suspect this computer"):
        standby.go()
    assert venue.skipped() == []
    assert primary.shard.lag() == 0


def test_a_replica_that_has_applied_what_was_skipped_begins_again_before_it_sends(venue: Venue) -> None:
    """Only the process that decides raises here: the other could not have known better."""
    other, sick = venue.process(healthy, follows=True), venue.process(follows=True)
    venue.alice.send(order("poison"))
    other.go()
    sick.go()
    sick.promote()
    sick.go()
    assert venue.skipped() == [2]
    applied = other.shard.machine.digest()
    assert applied != sick.shard.machine.digest()
    other.promote()
    other.go()
    assert other.shard.machine.digest() == sick.shard.machine.digest()
    assert venue.exchange.said()


def test_a_replica_that_is_compared_after_it_has_applied_what_was_skipped_begins_again(venue: Venue) -> None:
    """The simulation found it: the healthy replica halted itself, as one that differs."""
    other, sick = venue.process(healthy, follows=True), venue.process(follows=True)
    sick.promote()
    venue.alice.send(order("poison"))
    other.go()
    sick.go()
    sick.promote()
    sick.go()
    sick.promote()
    for second in range(20):
        venue.exchange.now_us += 1_000_000
        venue.exchange.tick(second * 1000)
        venue.exchange.settle()
        sick.shard.step(0.0)
    with pytest.raises(SkipMissed):
        other.go()
    other.shard = other._begin()
    other.go()
    assert other.shard.machine.digest() == sick.shard.machine.digest()


def test_a_replica_that_raises_where_it_has_missed_a_skip_derives_its_state_again(venue: Venue) -> None:
    """It would halt itself, for the primary has applied what it raises on."""

    def behind(message: PlaceOrder) -> bool:
        return message.client_order_id == "behind" and not standby.shard.machine.skipped

    standby, sick = venue.process(behind, follows=True), venue.process(follows=True)
    sick.promote()
    venue.alice.send(order("poison"))
    standby.go()
    sick.go()
    sick.promote()
    sick.go()
    assert venue.skipped() == [2]
    venue.alice.send(order("behind", "alice.other"))
    for _ in range(20):
        venue.exchange.now_us += 1_000_000
        sick.shard.step(0.0)
    standby.go()
    assert standby.shard.machine.digest() == sick.shard.machine.digest()
    venue.agreed(standby)


def test_a_decision_about_an_event_before_it_in_its_frame_settles_what_raised_too(venue: Venue) -> None:
    """Found by the simulation (seed 66): the primary had skipped one event, and put the next aside, which the
    standby raised on. It halted itself.
    """

    def second(message: PlaceOrder) -> bool:
        return message.client_order_id == "second"

    standby, sick = venue.process(second, follows=True), venue.process(follows=True)
    sick.promote()
    venue.alice.send(order("poison"), order("second"))
    assert "raised on event 3" in standby.go()
    sick.go()
    sick.promote()
    sick.go()
    for _ in range(20):
        venue.exchange.now_us += 1_000_000
        sick.shard.step(0.0)
    standby.go()
    assert venue.skipped() == [2]
    assert standby.shard.machine.digest() == sick.shard.machine.digest()


def test_a_snapshot_that_has_applied_what_was_skipped_is_not_used(venue: Venue) -> None:
    zombie, sick = venue.process(healthy), venue.process(follows=True)
    sick.promote()
    venue.alice.send(order("poison"))
    zombie.shard.apply(zombie.shard.receive(0.0))
    sick.go()
    sick.promote()
    sick.go()
    sick.promote()
    zombie.shard.publisher = sick.shard.publisher  # as if all that it wanted to say had been confirmed
    zombie.shard.snapshot()
    assert zombie.shard.snapshot_saved()
    later = venue.process()
    later.go()
    assert later.shard.machine.digest() == sick.shard.machine.digest()


def test_a_mirror_waits_for_the_decision_of_its_shard_and_agrees(venue: Venue) -> None:
    exchange = venue.exchange
    decisions = Decisions(exchange.log, exchange.identity, RISK, lambda: 0)
    policy = exchange.policy
    raised: list[MachineRaised] = []
    quarantine = Quarantine()

    def begin() -> Mirror:
        mirror = Mirror(
            raising(poison),
            "orders/1",
            exchange.identity,
            exchange.log,
            exchange.snapshots,
            policy,
            lambda: 0,
            decisions=decisions,
        )
        quarantine.begin(mirror)
        mirror.restore()
        return mirror

    def step(mirror: Mirror) -> bool:
        """Whether it has to be derived again first, or to wait."""
        try:
            mirror.step(0.0)
        except MachineRaised as problem:
            raised.append(problem)
            return quarantine.tries_again(mirror, problem)
        return False

    mirror = begin()
    venue.alice.send(order("poison"))
    assert step(mirror)
    mirror = begin()
    assert not step(mirror)
    assert not quarantine.settle(mirror, raised[-1], "")
    shard = venue.process()
    shard.go()
    assert quarantine.settle(mirror, raised[-1], "")
    mirror = begin()
    mirror.step(0.0)
    assert mirror.machine.digest() == shard.shard.machine.digest()
    assert venue.skipped() == [2]


def test_a_host_goes_on_behind_what_its_machine_raises_on(venue: Venue) -> None:
    host = ShardHost(RISK, "orders/1", lambda: venue.exchange.make(RISK, raising(poison)))
    host.start()
    venue.alice.send(order("poison"))
    venue.alice.send(order("behind"))
    until("it has applied all", lambda: host.status()["quarantined"] and not host.status()["lag"])
    assert host.status()["state"] == "running"
    assert host.status()["quarantined"] == ("account alice.main",)
    digest = replayed(venue.exchange.evidence({}), RISK, raising(poison)).digest()
    until("it is where a replay is", lambda: host.ask(lambda shard: shard.machine.digest()) == digest)
    host.stop()


def test_what_concerns_the_whole_shard_still_halts_it(venue: Venue) -> None:
    process = venue.process(poison)
    raised = MachineRaised(RISK, b"p", "clock/0", 4, "", b"tick")
    assert Quarantine().tries_again(process.shard, raised)
    quarantine = Quarantine()
    quarantine.tries_again(process.shard, raised)
    with pytest.raises(FatalError, match="concerns the whole shard"):
        quarantine.tries_again(process.shard, raised)
