"""An exchange's life as its operator leads it, beside another exchange on the same machine."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from actors.attach import call
from actors.audit import Audit, audit
from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.installation.founding import identity_of
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from commands.replay import replay_shard
from tests.support.running import (
    COMMAND_TIMEOUT_S,
    RunningExchange,
    command_line,
    environment,
    next_report,
    trade,
    until,
)

TAKE_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGHUP, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp("sh", ["sh", "-c", '"$@"; echo "status $?"; exec sleep 600', "sh", *sys.argv[1:]])
"""
"""A shell whose terminal is standard input; it runs a command, then stays. It dies with its terminal, even
where the tests themselves were started by nohup, which has everything below it ignore a hangup."""


def up_on_a_terminal_that_is_then_closed(exchange: RunningExchange) -> str:
    """What `up` showed there."""
    master, slave = os.openpty()
    arguments = command_line("up", "--topology", exchange.topology_file)
    shell = subprocess.Popen(
        [arguments[0], "-c", TAKE_TERMINAL, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment(), "TERM": "xterm"},
        cwd=exchange.folder,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"status " not in shown:
        shown += os.read(master, 65536)
    exchange.processes()  # who they are, while it runs
    os.close(master)
    assert shell.wait(timeout=COMMAND_TIMEOUT_S) == -signal.SIGHUP
    return shown.decode()


def test_an_exchange_survives_its_terminal_and_a_stop_and_every_shard_is_what_its_log_says(
    exchange: RunningExchange, tmp_path: Path
) -> None:
    """One story, since each start takes 12 s."""
    second = RunningExchange(tmp_path)
    try:
        shown = up_on_a_terminal_that_is_then_closed(second)
        assert "status 0" in shown
        status = second.status()
        assert {row["state"] for row in status["shards"]} == {"running"}

        # Two on one machine: each answers for itself.
        other = exchange.status()
        assert other["running"]
        assert other["dashboard"] != status["dashboard"]
        assert not {row["pid"] for row in other["shards"]} & {row["pid"] for row in status["shards"]}

        # One program may join them in turn, though their tokens differ.
        for one, told in ((exchange, other), (second, status), (exchange, other)):
            with one.attached():
                assert call("supervisor", "status")["pid"] == told["pid"]

        again = second.command("up")
        assert again.status == 0
        assert "runs already" in again.stderr
        assert second.status()["pid"] == status["pid"]

        trade(second, "BTC-USD", "0.75", "123.45")
        with connect(second.connection, "alice") as alice:
            alice.place("alice.main", "BTC-USD", "buy", "0.125", "99.5", client_order_id="stays")
            next_report(alice, OrderAccepted)
        with second.attached():
            before = audit(second.installation)
        assert before.problems == []

        second.down()
        assert second.processes() == {}
        assert second.command("status", "--json").json == {"exchange": "dev", "running": False}
        assert_replays_give_the_digests(second, before)

        held_in_the_foreground_until_ctrl_c(second)
        assert second.processes() == {}
    finally:
        second.force_down()
    assert exchange.status()["running"]


def assert_replays_give_the_digests(exchange: RunningExchange, told: Audit) -> None:
    """Each shard derived again from its partition is what its actor said that it was, at that position."""
    shards = sorted(name for name in told.positions if not name.startswith("view"))
    assert len(shards) == 9
    log = open_log(exchange.installation.log_address)
    try:
        for shard in shards:
            until_position = bytes.fromhex(told.positions[shard])
            again = replay_shard(
                log, identity_of(exchange.installation), make_reference(shard), until_position
            )
            assert again["digest"] == told.digests[shard], shard
    finally:
        log.close()
    # The same as a person asks for it.
    done = exchange.command("replay", "book/0", "--until", told.positions["book/0"])
    assert done.status == 0, done.stderr
    assert done.json["digest"] == told.digests["book/0"]


def held_in_the_foreground_until_ctrl_c(exchange: RunningExchange) -> None:
    """Up again: what was open is open. Ctrl-C ends it."""
    held = subprocess.Popen(
        command_line("up", "--foreground", "--topology", exchange.topology_file),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd="/",
        start_new_session=True,
    )
    assert held.stderr is not None
    with held, held.stderr:
        try:
            shown = next(line for line in held.stderr if "Ctrl-C" in line or "did not start" in line)
            assert "Ctrl-C" in shown
            exchange.processes()
            with connect(exchange.connection, "alice") as alice:
                orders = [(order.client_order_id, order.leaves_lots) for order in alice.session.open_orders]
            assert orders == [("stays", 12_500_000)]
            held.send_signal(signal.SIGINT)
            told = held.stderr.read()
            assert held.wait(timeout=COMMAND_TIMEOUT_S) == 0, told
        finally:
            held.kill()


def test_ctrl_c_while_it_starts_leaves_nothing_running(tmp_path: Path) -> None:
    third = RunningExchange(tmp_path)
    starting = subprocess.Popen(
        command_line("up", "--topology", third.topology_file),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd="/",
        start_new_session=True,
    )
    try:
        until("its head runs", lambda: len(third.processes()) > 2 and third.installation.running())
        starting.send_signal(signal.SIGINT)
        assert starting.wait(timeout=COMMAND_TIMEOUT_S) != 0
        assert third.processes() == {}
    finally:
        starting.kill()
        starting.wait()
        third.force_down()


@pytest.mark.parametrize("command", ["status", "down"])
def test_what_does_not_run_is_said_not_to_run(tmp_path: Path, command: str) -> None:
    nobody = RunningExchange(tmp_path)
    done = nobody.command(command)
    assert done.status == (1 if command == "status" else 0)
    assert "does not run" in done.stderr
    assert json.loads(nobody.command("status", "--json").stdout) == {"exchange": "dev", "running": False}


def test_a_replay_where_no_exchange_runs_is_told_in_a_line(tmp_path: Path) -> None:
    done = RunningExchange(tmp_path).command("flow", "replay")
    assert (done.status, done.stdout) == (1, "")
    assert "start the exchange with `bulkhead up`" in done.stderr
    assert "Traceback" not in done.stderr
