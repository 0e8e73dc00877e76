"""The image that the Dockerfile makes, on a stand-in for its bases (tests/support/image.py), and a container
of it that is as closed as a pod.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.image import built_image

pytestmark = pytest.mark.image


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Any]]:
    """What was seen in a container: one for all tests, since each takes a copy of the image."""
    with built_image() as image:
        yield image.run_inside()


def test_it_runs_as_a_user_of_its_own_and_can_write_nothing_that_it_came_with(found: dict[str, Any]) -> None:
    assert (found["uid"], found["gid"]) == (10001, 10001)
    assert found["refused_to_write"] == ["/", "/exchange", "/opt/bulkhead", "/usr"]


def test_nothing_can_be_built_or_installed_in_it(found: dict[str, Any]) -> None:
    assert (found["builders"], found["installers"]) == ([], [])


def test_no_private_key_is_in_it(found: dict[str, Any]) -> None:
    assert found["keys"] == []


def test_it_has_the_programs_that_pods_run(found: dict[str, Any]) -> None:
    assert "Start the exchange that the topology describes" in found["help"]
    assert found["ray"].startswith("ray, version 2.")
    assert found["kopf"].startswith("kopf, version 1.")


def test_its_native_engine_matches_orders(found: dict[str, Any]) -> None:
    told = [answer["type"] for answer in found["traded"]]
    assert told == ["instrument", "accepted", "accepted", "trade"]
    assert found["traded"][3]["quantity_lots"] == 2


def test_an_exchange_that_waits_for_ray_lives_and_is_not_ready(found: dict[str, Any]) -> None:
    assert found["healthz"] == [200, "it goes round\n"]
    status, lines = found["readyz"]
    assert status == 503
    assert lines.startswith("ray: waits for the cluster at 127.0.0.1:6379")
    assert found["nothing"][0] == 404
