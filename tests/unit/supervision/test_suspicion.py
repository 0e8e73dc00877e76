"""When a primary is suspected."""

from bulkhead.supervision.suspicion import Suspicion


def test_a_primary_that_is_heard_is_not_suspected_and_one_that_falls_silent_is() -> None:
    suspicion = Suspicion(100, now_us=0)
    assert not suspicion.suspects(99)
    suspicion.heard(99)
    assert (suspicion.suspects(198), suspicion.left_us(198)) == (False, 1)
    assert suspicion.suspects(199)


def test_a_primary_whose_connection_broke_is_suspected_at_once() -> None:
    suspicion = Suspicion(100, now_us=0)
    suspicion.heard(10)
    suspicion.lost()
    assert suspicion.suspects(10)


def test_a_suspicion_ends_when_the_primary_is_heard_again_or_another_is_followed() -> None:
    suspicion = Suspicion(100, now_us=0)
    assert suspicion.suspects(150)
    suspicion.heard(160)
    assert not suspicion.suspects(160)
    suspicion.lost()
    suspicion.follow(170)
    assert not suspicion.suspects(269)
    assert suspicion.suspects(270)
