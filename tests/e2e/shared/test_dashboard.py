"""Ray's dashboard, with nothing but what `up` has printed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bulkhead.topology import derived
from tests.support.running import RunningExchange, until


@pytest.fixture(scope="module")
def told(exchange: RunningExchange) -> tuple[str, str]:
    """The address, and the token in the file, that a person reads off the screen."""
    address = re.search(r"^Ray dashboard: (http://127\.0\.0\.1:\d+)$", exchange.told, re.MULTILINE)
    file = re.search(r"the token in (\S+)", exchange.told)
    assert address is not None
    assert file is not None
    return address.group(1), Path(file.group(1)).read_text().strip()


@pytest.fixture(scope="module")
def person(told: tuple[str, str]) -> Iterator[httpx.Client]:
    """Signed in as the dashboard's page does it: the token once, then the cookie."""
    address, token = told
    with httpx.Client(base_url=address, timeout=60.0, trust_env=False) as client:
        answer = client.post("/api/authenticate", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert "ray-authentication-token" in client.cookies
        yield client


def actors(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """Live actors by name, as the dashboard's page of actors gets them."""
    found = client.get("/logical/actors").raise_for_status().json()["data"]["actors"]
    return {actor["name"]: actor for actor in found.values() if actor["state"] == "ALIVE"}


def test_without_the_token_or_with_another_one_nothing_is_told(told: tuple[str, str]) -> None:
    with httpx.Client(base_url=told[0], timeout=60.0, trust_env=False) as stranger:
        for path in ("/logical/actors", "/api/v0/actors", "/nodes?view=summary", "/api/v0/logs?node_id=x"):
            assert stranger.get(path).status_code == 401, path
            wrong = stranger.get(path, headers={"Authorization": f"Bearer {'0' * 64}"})
            assert wrong.status_code == 403, path
            assert b"risk/" not in wrong.content


def test_every_actor_is_found_by_its_shard_and_every_book_by_its_instrument(
    exchange: RunningExchange, person: httpx.Client
) -> None:
    found = actors(person)
    assert found.keys() == {shard.name for shard in derived.shards(exchange.installation.topology)}
    titles = {name: actor["reprName"] for name, actor in found.items()}
    assert titles["book/0"] == "book/0 BTC-USD"
    assert titles["book/1"] == "book/1 ETH-USD"
    assert all(title.split()[0] == name for name, title in titles.items())
    assert {actor["rayNamespace"] for actor in found.values() if "rayNamespace" in actor} <= {"dev"}


def test_an_actors_log_is_read_over_http(told: tuple[str, str], person: httpx.Client) -> None:
    actor_id = actors(person)["book/0"]["actorId"]
    query = {"actor_id": actor_id, "suffix": "out", "lines": "1000", "format": "text"}
    # Ray's agent, which reads files for the dashboard, may start later than the actors.
    answer = until("the log is read", lambda: _read(person, query))
    text = answer.text
    assert "book/0 BTC-USD" in text
    assert "running" in text
    assert answer.status_code == 200
    # A program sends the header instead of signing in.
    header = {"Authorization": f"Bearer {told[1]}"}
    with httpx.Client(base_url=told[0], timeout=60.0, trust_env=False) as program:
        again = program.get("/api/v0/logs/file", params=query, headers=header)
    assert again.raise_for_status().text.startswith(text)


def _read(client: httpx.Client, query: dict[str, str]) -> httpx.Response | None:
    answer = client.get("/api/v0/logs/file", params=query)
    return answer if answer.is_success else None
