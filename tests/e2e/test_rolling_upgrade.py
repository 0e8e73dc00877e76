"""A newer build is put in the place of an older one, process by process, while an exchange trades."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.audit import audit
from bulkhead.client import connect
from bulkhead.domain.messages.reports import CancelRejected, OrderCanceled
from bulkhead.installation.rules import change_rules
from tests.e2e.test_upgrade import Load, cancel, rest, version
from tests.support.old_build import Installed
from tests.support.running import RunningExchange, command_line, environment, shards_by_name, until

STANDBY: dict[str, Any] = {"replicas": "standby", "restarts": {"budget": 20}}
SMALL: dict[str, Any] = {
    "clock": {"tick_ms": 50},
    "instruments": {"SOL-USD": None},
    "shards": {
        "engine": "reference",
        "risk": {"count": 1},
        "settlement": {"count": 1},
        "books": [{"instruments": ["BTC-USD"]}, {"instruments": ["ETH-USD"]}],
    },
    "boundaries": {
        **dict.fromkeys(("btc", "accounts-0", "control"), STANDBY),
        "accounts-1": None,
        "sol": None,
    },
}
"""Each process that is put in place takes seconds: it waits to be compared, every tenth tick; one that a test
ends counts as a death. The native engine has the versions that it knows built in.
"""
FEW = 5
"""orders at once, for minutes: all of them are replayed at the end"""
KINDS = ("control/", "risk/", "book/", "settlement/")
"""that have replicas here and go by the rules"""


@pytest.fixture(name="installed")
def _installed(tmp_path: Path) -> Installed:
    (tmp_path / "build").mkdir()
    return Installed(tmp_path / "build")


@pytest.fixture(name="exchange")
def _exchange(installed: Installed, tmp_path: Path) -> Iterator[RunningExchange]:
    with of_the_older_build(installed, tmp_path / "exchange", SMALL) as running:
        yield running


@contextmanager
def of_the_older_build(
    installed: Installed, folder: Path, changes: dict[str, Any]
) -> Iterator[RunningExchange]:
    """From here on the newer one is installed where it was, and commands are of it."""
    folder.mkdir()
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            installed.used(patch)
            running = stack.enter_context(RunningExchange(folder, changes))
        with running.attached():
            assert {row["rules_known"] for row in shards_by_name().values()} == {1}
        installed.renew()
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


def killed_halfway(exchange: RunningExchange, load: Load, *arguments: str) -> None:
    """The command, ended with kill -9 when it has replaced some processes and not all."""
    with exchange.attached():
        before = {name: each["pid"] for name, each in shards_by_name().items()}

        def replaced() -> int:
            return sum(each["pid"] not in (0, before[name]) for name, each in shards_by_name().items())

        command = subprocess.Popen(
            [*command_line(*arguments), "--topology", str(exchange.topology_file)],
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:

            def some_are_new() -> bool:
                load.send()
                assert command.poll() is None
                return replaced() >= 3

            until("some are replaced", some_are_new)
        finally:
            command.kill()
            command.wait()
        assert replaced() < len(before)


def builds(exchange: RunningExchange) -> set[str]:
    status = exchange.status()
    return {status["build"], *(each["build"] for each in status["shards"])}


def test_one_command_puts_a_newer_build_in_place_and_has_its_rules_and_one_goes_back(
    exchange: RunningExchange, installed: Installed
) -> None:
    there_and_back(exchange, installed)


def there_and_back(exchange: RunningExchange, installed: Installed) -> None:
    """Under load: asked for, killed half way, typed again, undone, and back to the older build."""
    upgrade = ("upgrade", "--to", "2", "--reason", "cancels at night", "--yes")
    with ExitStack() as stack:
        load = Load(exchange, stack, FEW)
        alice = stack.enter_context(connect(exchange.connection, "alice"))
        for name in ("first", "second"):
            rest(alice, name)
        assert exchange.command("phase", "ETH-USD", "closed", "--reason", "the day is over").status == 0
        (old,) = builds(exchange)

        asks = load.during(*upgrade[:-1])
        assert (asks.status, version(exchange), builds(exchange)) == (1, 1, {old})
        (alone,) = (line for line in asks.stderr.splitlines() if line.startswith("book/1: "))
        assert "its instruments, for 2 to 4 s" in alone
        killed_halfway(exchange, load, *upgrade)
        assert (version(exchange), len(builds(exchange))) == (1, 2)
        assert "not all are of one build" in exchange.command("status").stdout
        done = load.during(*upgrade)
        assert (done.status, version(exchange)) == (0, 2), done.stderr
        (new,) = builds(exchange)
        assert new != old
        assert isinstance(cancel(alice, "first"), OrderCanceled)

        back = load.during("upgrade", "--undo", "--reason", "it was noisy")
        assert (back.status, version(exchange)) == (0, 1), back.stderr
        assert isinstance(cancel(alice, "second"), CancelRejected)
        with pytest.MonkeyPatch.context() as patch:
            installed.age()
            installed.used(patch)
            back = load.during("upgrade", "--build", "--reason", "the older one", "--yes")
            assert back.status == 0, back.stderr
        assert builds(exchange) == {old}
        load.all_answered_once()
        assert not any(each["restarts"] for each in exchange.status()["shards"])
    signed = exchange.command("history", "--operators", "--json").stdout.splitlines()
    assert (
        sum('"ChangeProcess"' in line and '"the older one"' in line for line in signed)
        == len(back.stderr.split(" is of build ")) - 1
    )
    with exchange.attached():
        assert audit(exchange.installation).problems == []
    exchange.down()
    assert exchange.command("replay").status == 0


def test_a_build_that_says_something_else_or_does_not_come_up_is_found_before_it_leads(
    exchange: RunningExchange, installed: Installed
) -> None:
    (old,) = builds(exchange)

    def follows_no_more(state: str) -> dict[str, Any]:
        """The one that is so; who leads its shard is as before. In another shard the new process was found to
        agree, and is to take over where the one that led is held up for a moment.
        """
        rows = exchange.status()["shards"]
        (leads,) = (e for e in rows if e["replica_of"] == "book/0" and e["role"] == "primary")
        assert leads["build"] == old
        (found,) = (each for each in rows if each["state"] == state)
        assert (found["replica_of"], found["restarts"]) == ("book/0", 0)
        return dict(found)

    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        load = Load(exchange, stack, FEW)
        installed.used(patch)
        installed.age()
        upgrade = ("upgrade", "--build", "--reason", "a fix", "--yes")
        installed.err()
        done = load.during(*upgrade)
        assert done.status == 1
        assert "had said different things" in done.stderr
        assert "DepthAdded" in done.stderr
        assert follows_no_more("halted")["build"] != old

        installed.break_down()
        done = load.during(*upgrade)
        assert done.status == 1
        assert "was started and is down: its process died" in done.stderr
        assert "its log says why" in follows_no_more("down")["last_error"]

        installed.mend()
        done = load.during(*upgrade)
        assert done.status == 0, done.stderr
        assert builds(exchange) == {old}
        load.all_answered_once()
    with exchange.attached():
        assert audit(exchange.installation).problems == []
        assert not any(each["halted"] for each in exchange.status()["boundaries"].values())


def test_a_replica_that_does_not_know_the_rules_halts_itself_and_its_shard_goes_on(
    exchange: RunningExchange,
) -> None:
    """The operator signs it too early: those that lead are of the older build."""
    with ExitStack() as stack:
        load = Load(exchange, stack, FEW)
        with exchange.attached():
            names = with_replicas()
            for name in (name for name in names if row(name)["role"] == "standby"):
                replace(name, load)
            for name in ("book/1", "view/0"):
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
        done = load.during("upgrade", "--build", "--reason", "too early", "--yes")
        assert done.status == 0, done.stderr
        assert len(builds(exchange)) == 1
        load.all_answered_once()
    assert version(exchange) == 2
    with exchange.attached():
        assert audit(exchange.installation).problems == []
        assert not any(each["halted"] for each in exchange.status()["boundaries"].values())
