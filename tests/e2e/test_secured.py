"""A whole exchange on a secured broker: `up`, a stranger's program, no secret where it can be seen, and slots
that move between shards which may read and write what is theirs only.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.attach import attached, call
from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.topology import derived
from tests.support.changing import ChangingExchange
from tests.support.gateways import BOUNDARY
from tests.support.pulsar import Broker, running_broker
from tests.support.running import ROOT, RunningExchange, next_report, trade
from tests.support.secured import secured_log
from tests.support.stranger import Stranger

pytestmark = pytest.mark.pulsar

NEEDED = ("pulsar", "_pulsar", "certifi", "cryptography", "_cffi_backend", "msgpack")
"""What docs/wire.md names, and what those are built on."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker"), secured=True) as broker:
        yield broker


@pytest.fixture(scope="module")
def secured(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangingExchange]:
    changes = {
        "exchange": "secured",
        "log": secured_log(broker),
        "boundaries": BOUNDARY,
        "snapshots": {"directory": None, "every_events": 20},
    }
    with ChangingExchange(tmp_path_factory.mktemp("exchange"), changes) as running:
        yield running


def test_a_stranger_trades_over_tls_with_its_token_and_three_packages(
    secured: RunningExchange, tmp_path: Path
) -> None:
    options = ["--participant", "carol", "--price", "150.5", "--quantity", "0.25", "--timeout", "60"]
    done = Stranger(tmp_path, NEEDED).run(ROOT / "examples" / "raw_pulsar.py", secured.connection, *options)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    mine = [report for report in reports if report["report"] in ("OrderAccepted", "OrderCanceled")]
    assert [report["report"] for report in mine] == ["OrderAccepted", "OrderCanceled"]
    assert mine[1]["quantity_lots"] == 25_000_000


def secrets_of(exchange: RunningExchange, broker: Broker) -> dict[str, bytes]:
    """Every secret by its file, the part of it that is in no other."""
    files = [
        *(exchange.installation.directory / "keys").iterdir(),
        *(exchange.installation.directory / "tokens").iterdir(),
        exchange.installation.token_path,
        *(path for path in broker.server.security.folder.iterdir() if path.suffix in (".key", ".jwt")),
    ]
    found = {}
    for file in files:
        lines = [line for line in file.read_bytes().splitlines() if not line.startswith(b"---")]
        # A token's signature, of a private key the line with its end: what begins it is the same in all.
        found[str(file)] = lines[-1].rpartition(b".")[2][-40:]
    assert all(len(secret) >= 40 or secret for secret in found.values())
    return found


def test_no_secret_is_in_a_log_a_snapshot_the_topology_or_a_process_s_arguments(
    secured: RunningExchange, broker: Broker
) -> None:
    trade(secured, "BTC-USD", "0.01", "300")
    with connect(secured.connection, "alice") as alice:
        for _ in range(30):
            alice.place("alice.main", "BTC-USD", "buy", "0.01", "1")
            next_report(alice, OrderAccepted)
    secrets = secrets_of(secured, broker)
    state = secured.installation.directory
    keep = {"keys", "tokens"}
    visible = [
        secured.topology_file,
        *(path for path in state.rglob("*") if not keep & set(path.relative_to(state).parts)),
        *secured.installation.ray_directory.rglob("logs/**/*"),
        *(path for path in broker.server.folder.glob("*") if path.name != "data"),
        *(Path(f"/proc/{pid}/cmdline") for pid in (*secured.processes(), broker.status.pid)),
    ]
    visible = [path for path in visible if path.is_file() and path != secured.installation.token_path]
    assert len([path for path in visible if "snapshots" in path.parts]) > 3
    assert len([path for path in visible if path.name.startswith("worker-")]) > 10
    told = [
        (name, str(path))
        for path in visible
        for contents in [path.read_bytes()]
        for name, secret in secrets.items()
        if secret in contents
    ]
    assert told == []


THIRDS = {
    f"third-{kind}": {"contains": [f"{kind}/2"], "restarts": {"budget": 5, "within_s": 60}}
    for kind in ("risk", "settlement")
}
TRADERS = [derived.slot_of(name) for name in ("alice", "bob")]


def test_traders_go_to_new_risk_and_settlement_shards_and_back_with_no_more_rights_than_they_need(
    secured: ChangingExchange,
) -> None:
    more = {"count": 3, "slots": {2: TRADERS}}
    secured.edit({"shards": {"risk": more, "settlement": more}, "boundaries": {**BOUNDARY, **THIRDS}})
    secured.apply("they are many")
    trade(secured, "BTC-USD", "0.01", "301")
    with attached(secured.installation):
        assert call("settlement/2", "balances").keys() >= {"alice.main", "bob.main"}
    fewer = {"count": 3, "retired": [2]}
    secured.edit({"shards": {"risk": fewer, "settlement": fewer}})
    secured.apply("they are few")
    trade(secured, "BTC-USD", "0.01", "302")
    for shard in ("control/0", "risk/0", "risk/1", "settlement/0", "settlement/1", "book/0"):
        secured.check_replay(shard)
    done = secured.command("dead-letters", "--json")
    assert (done.status, done.stdout) == (0, "")
