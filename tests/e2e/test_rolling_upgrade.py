"""A newer build is put in the place of an older one, process by process, while an exchange trades."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from actors.audit import audit
from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderCanceled
from bulkhead.installation.rules import change_rules
from tests.e2e.test_upgrade import CHANGES, Load, cancel, rest, version
from tests.support.old_build import Installed
from tests.support.running import RunningExchange, shards_by_name, until

REFERENCE = {
    "shards": {"engine": "reference"},
    "boundaries": {
        name: {**each, "restarts": {"budget": 20}} for name, each in CHANGES["boundaries"].items()
    },
}
"""The native engine has the versions that it knows built in. Each process that is ended counts as a death."""
KINDS = ("risk/", "book/", "settlement/")
"""that have replicas here and go by the rules"""


@pytest.fixture(name="exchange")
def _exchange(tmp_path: Path) -> Iterator[RunningExchange]:
    """Of the older build; from here on the newer one is installed where it was, and commands are of it."""
    (tmp_path / "build").mkdir()
    (tmp_path / "exchange").mkdir()
    with pytest.MonkeyPatch.context() as started, ExitStack() as stack:
        installed = Installed(tmp_path / "build")
        with pytest.MonkeyPatch.context() as patch:
            installed.used(patch)
            running = stack.enter_context(RunningExchange(tmp_path / "exchange", REFERENCE))
        with running.attached():
            assert {row["rules_known"] for row in shards_by_name().values()} == {1}
        installed.renew()
        started.setenv("PYTHONDONTWRITEBYTECODE", "1")
        yield running


def row(name: str) -> dict[str, Any]:
    return shards_by_name()[name]


def replace(name: str, load: Load) -> None:
    """End an actor's process; the one that is started in its place is as far as the others."""
    pid = row(name)["pid"]
    os.kill(pid, signal.SIGTERM)

    def is_there() -> bool:
        load.send()
        now = row(name)
        return now["pid"] not in (0, pid) and now["state"] == "running" and now["role"] != ""

    until(f"another {name} runs", is_there)


def with_replicas() -> list[str]:
    return [name for name, each in shards_by_name().items() if each["role"]]


def outlive_the_other(exchange: RunningExchange, halted: str) -> None:
    """The only replica that works dies beside one that has halted itself: it is restarted, as any other."""
    shard, boundary = row(halted)["replica_of"], row(halted)["boundary"]
    (works,) = (
        name for name, each in shards_by_name().items() if each["replica_of"] == shard and name != halted
    )
    pid = row(works)["pid"]
    os.kill(pid, signal.SIGKILL)
    until(f"{works} runs again", lambda: row(works)["state"] == "running" and row(works)["pid"] != pid)
    assert row(halted)["state"] == "halted"
    assert exchange.status()["boundaries"][boundary]["halted"] is None


def test_standbys_first_then_those_that_lead_then_the_rules(exchange: RunningExchange) -> None:
    with ExitStack() as stack:
        load = Load(exchange, stack)
        alice = stack.enter_context(connect(exchange.connection, "alice"))
        rest(alice, "resting")
        assert exchange.command("phase", "ETH-USD", "closed", "--reason", "the day is over").status == 0
        with exchange.attached():
            alone = [name for name, each in shards_by_name().items() if not each["role"]]
            for name in (name for name in with_replicas() if row(name)["role"] == "standby"):
                replace(name, load)
            refused = load.during("upgrade", "--to", "2", "--reason", "too early")
            assert refused.status == 1
            # Which of two leads may change at any time; which build a process is of does not.
            known = {name: row(name)["rules_known"] for name in with_replicas()}
            assert set(known.values()) == {1, 2}
            for name in (name for name in known if name.startswith(KINDS)):
                words = f"{name} runs a build that knows none above 1: put a newer one in its place"
                assert (words in refused.stderr) == (known[name] == 1)
            for name in (name for name, newest in known.items() if newest == 1):
                replace(name, load)
            for name in alone:
                os.kill(row(name)["pid"], signal.SIGTERM)
            until("all are new", lambda: all(each["rules_known"] == 2 for each in shards_by_name().values()))
            until("all run", lambda: all(each["state"] == "running" for each in shards_by_name().values()))
        done = load.during("upgrade", "--to", "2", "--reason", "cancels at night")
        assert (done.status, version(exchange)) == (0, 2), done.stderr
        assert isinstance(cancel(alice, "resting"), OrderCanceled)
        load.all_answered_once()
    with exchange.attached():
        assert audit(exchange.installation).problems == []
    exchange.down()
    assert exchange.command("replay").status == 0


def test_a_replica_that_does_not_know_the_rules_halts_itself_and_its_shard_goes_on(
    exchange: RunningExchange,
) -> None:
    """The operator signs it too early: those that lead are of the older build."""
    with ExitStack() as stack:
        load = Load(exchange, stack)
        with exchange.attached():
            names = with_replicas()
            for name in (name for name in names if row(name)["role"] == "standby"):
                replace(name, load)
            for name in ("book/2", "view/0"):
                os.kill(row(name)["pid"], signal.SIGTERM)
                until(f"a new {name}", lambda name=name: row(name)["rules_known"] == 2)  # type: ignore[misc]
            load.send()
            assert change_rules(exchange.installation, 2, "too early", lambda _: None, 120.0) is None
            load.send()
            rows = shards_by_name()
            halted = [name for name in names if name.startswith(KINDS) and rows[name]["rules_known"] == 1]
            assert halted
            for name in halted:
                until(f"{name} has halted", lambda name=name: row(name)["state"] == "halted")  # type: ignore[misc]
                assert "this build knows none above 1" in row(name)["last_error"]
            outlive_the_other(exchange, halted[0])
            for name in halted:
                replace(name, load)
        load.all_answered_once()
    assert version(exchange) == 2
    with exchange.attached():
        assert audit(exchange.installation).problems == []
        assert not any(each["halted"] for each in exchange.status()["boundaries"].values())
