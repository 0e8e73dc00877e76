"""`bulkhead broker` as a user runs it, with a real server."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bulkhead.broker import distribution
from bulkhead.broker.distribution import VERSION, cache_directory, check_java, is_server, pulsar_home
from bulkhead.broker.ports import choose, is_free
from bulkhead.broker.problem import BrokerError
from bulkhead.broker.process import started_at
from bulkhead.broker.pulsar import Pulsar
from bulkhead.broker.server import Server
from bulkhead.broker.settings import Ports, configuration
from bulkhead.log.open import open_log
from tests.integration.log.helpers import append, frames
from tests.support.pulsar import Broker, running_broker
from tests.support.running import listening, run


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder where programs are found; an empty cache; no PULSAR_HOME, no JAVA_HOME."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("PULSAR_HOME", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_without_java_it_says_which_to_install(only: Path) -> None:
    with pytest.raises(BrokerError, match=r"no Java runs here.*Java 17 or newer.*apt install"):
        check_java()


def test_an_old_java_is_named(only: Path) -> None:
    executable(only / "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    with pytest.raises(BrokerError, match=r'version "11.0.2".*Java 17 or newer'):
        check_java()
    executable(only / "java", "echo 'openjdk version \"25\" 2026-09-16' >&2")
    check_java()


def test_without_maven_and_without_a_server_it_says_what_would_help(only: Path) -> None:
    with pytest.raises(BrokerError, match=r"Maven.*is missing.*apt install maven.*PULSAR_HOME"):
        pulsar_home(print)


def test_a_pulsar_home_that_is_none_is_refused_and_one_that_is_needs_no_maven(
    only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSAR_HOME", str(tmp_path))
    with pytest.raises(BrokerError, match=r"PULSAR_HOME is .* holds no Pulsar server"):
        pulsar_home(print)
    executable(tmp_path / "bin" / "pulsar", "true")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "standalone.conf").write_text("last=line without an end")
    assert pulsar_home(print) == tmp_path
    assert "without an end\n\nbrokerServicePort=1\n" in configuration(tmp_path, Ports(1, 2, 3))


def test_a_download_with_another_checksum_is_not_used(only: Path) -> None:
    executable(
        only / "mvn",
        'for a in "$@"; do case $a in -DoutputDirectory=*) echo x > "${a#*=}/p.tar.gz";; esac; done',
    )
    with pytest.raises(BrokerError, match=f"should have {distribution.SHA256}: it is not used"):
        pulsar_home(print)
    assert list(cache_directory().glob("*")) == []


def test_a_download_that_fails_tells_what_maven_said(only: Path) -> None:
    executable(only / "mvn", "echo no route to anywhere; exit 1")
    with pytest.raises(BrokerError, match=r"no route to anywhere\nCheck the network"):
        pulsar_home(print)


def test_a_port_that_is_asked_for_or_known_must_be_free() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(BrokerError, match=f"port {port} .* broker port, is taken"):
            choose(Pulsar.standard_ports, {"broker": port}, {})
        with pytest.raises(BrokerError, match=f"port {port} .* web port, is taken"):
            choose(Pulsar.standard_ports, {}, {"web": port})
        # A standard one that is taken is nobody's wish: another is found.
        assert choose({"broker": port}, {}, {})["broker"] != port
    chosen = choose(Pulsar.standard_ports, {}, {})
    assert len(set(chosen.values())) == 3
    assert all(map(is_free, chosen.values()))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.mark.pulsar
def test_it_stops_and_starts_with_its_data_on_its_ports_beside_others_and_listens_on_loopback_only(
    broker: Broker, pulsar_broker: Broker, tmp_path: Path
) -> None:
    assert is_server(cache_directory() / f"apache-pulsar-{VERSION}") or os.environ.get("PULSAR_HOME")
    assert broker.status.service_url != pulsar_broker.status.service_url
    with closing(open_log(broker.address("kept"))) as log:
        log.create_topic("books", 1)
        append(log.writer("books/0", "a"), b"kept")
    folder = ["--folder", str(tmp_path)]
    assert run("broker", "stop", *folder, cwd=tmp_path).status == 0
    assert started_at(broker.status.pid) is None
    down = run("broker", "status", "--json", *folder, cwd=tmp_path)
    assert (down.status, down.json["servers"][0]["running"]) == (1, False)
    assert pulsar_broker.server.status().healthy
    again = run("broker", "start", "--json", *folder, cwd=tmp_path)
    assert (again.status, again.json["service_url"]) == (0, broker.status.service_url)
    assert again.json["pid"] not in (0, broker.status.pid)
    assert run("broker", "start", "--json", *folder, cwd=tmp_path).json["pid"] == again.json["pid"]
    refused = run("broker", "start", "--port", "1", *folder, cwd=tmp_path)
    assert (refused.status, "on other ports" in refused.stderr) == (1, True)
    assert listening(again.json["pid"]) == {"0100007F"}
    with closing(open_log(broker.address("kept"))) as log:
        assert frames(log.reader("books/0", "a"), 1) == [b"kept"]


@pytest.mark.pulsar
def test_a_server_that_ends_while_it_starts_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pulsar_broker: Broker
) -> None:
    executable(tmp_path / "home" / "bin" / "pulsar", "echo something broke; exit 3")
    (tmp_path / "home" / "conf").mkdir()
    (tmp_path / "home" / "conf" / "standalone.conf").write_text("")
    monkeypatch.setenv("PULSAR_HOME", str(tmp_path / "home"))
    server = Server(tmp_path, "broken")
    with pytest.raises(BrokerError, match=r"ended by itself.*\nsomething broke"):
        server.start(print)
    assert not server.status().running


@pytest.mark.pulsar
def test_a_process_that_has_got_the_number_of_a_killed_server_is_left_alone(broker: Broker) -> None:
    record = broker.server.folder / "server.json"
    mine = os.getpid()
    text = record.read_text()
    record.write_text(text.replace(f'"pid": {broker.status.pid}', f'"pid": {mine}'))
    assert not broker.server.status().running
    assert not broker.server.stop(print)
    record.write_text(text)
    os.kill(broker.server.status().pid, signal.SIGKILL)
