"""A process that is paused, replaced and woken, on the embedded log: it is told, nothing is lost or twice."""

from collections.abc import Iterator

import pytest

from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.running import RunningExchange
from tests.support.zombies import pause_replace_and_wake

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("superseded")) as running:
        yield running


def test_a_paused_shard_that_was_replaced_wakes_up_and_does_no_harm(exchange: RunningExchange) -> None:
    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        pause_replace_and_wake(exchange, "risk/0", disturbance, look)
        pause_replace_and_wake(exchange, "book/0", disturbance)

    def look() -> None:
        done = exchange.command("status")
        assert (done.status, "superseded" in done.stdout) == (1, True)

    outcome = replay_disturbed(exchange, 4.0, disturb)
    assert outcome.problems == []
    assert outcome.restarts == 2
