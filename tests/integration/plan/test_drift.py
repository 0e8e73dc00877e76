"""What somebody changes by hand at a real broker is seen, named, and put back; strangers' things are left."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bulkhead.errors import FatalError
from bulkhead.installation.applied import applied, remember_applied
from bulkhead.installation.ground import Ground, found
from bulkhead.installation.state import Installation
from bulkhead.log.pulsar.address import PulsarAddress, parse
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.topology.access import shard_role
from bulkhead.topology.load import load
from bulkhead.topology.plan.steps import Plan
from tests.support.pulsar import Broker, running_broker
from tests.support.running import edited_topology, run
from tests.support.secured import FLOW, secured_log

pytestmark = pytest.mark.pulsar

RISK = shard_role("drifts", "risk/0")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker"), secured=True) as broker:
        yield broker


def installed(folder: Path, broker: Broker, changes: dict[str, Any] | None = None) -> Installation:
    file = folder / "topology.yaml"
    ingress = {"ingress": {"contains": ["ingress/*"], "restarts": {"budget": 20, "within_s": 60}}}
    log = secured_log(broker)
    mine = {"exchange": "drifts", "log": log, "participants": dict.fromkeys(FLOW), "boundaries": ingress}
    file.write_text(edited_topology({**mine, **(changes or {})}))
    return Installation(load(file), file)


@pytest.fixture(scope="module")
def installation(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = installed(tmp_path_factory.mktemp("exchange"), broker)
    found(installation)
    return installation


@pytest.fixture
def admin(installation: Installation) -> Iterator[PulsarAdmin]:
    address = address_of(installation)
    with closing(PulsarAdmin(address, Credentials(address))) as admin:
        yield admin


def address_of(installation: Installation) -> PulsarAddress:
    address = parse(installation.log_address)
    assert address is not None
    return address


def planned(installation: Installation, *, prune: bool = False, closely: bool = False) -> Plan:
    with Ground(installation) as ground:
        return ground.plan(prune=prune, closely=closely)


def rest(installation: Installation, method: str, path: str, body: object = None) -> None:
    """As somebody does it with curl."""
    address = address_of(installation)
    options = Credentials(address).http_options()
    url = f"{address.admin_url}/admin/v2/{path.format(name='bulkhead/drifts')}"
    answer = httpx.request(method, url, json=body, trust_env=False, timeout=30.0, **options)
    assert answer.is_success, answer.text


BY_HAND: dict[str, tuple[Callable[[Installation, PulsarAdmin], None], str, str]] = {
    "a permission revoked": (
        lambda _, admin: admin.grant("books-partition-0", RISK, ()),
        f"change role {RISK}",
        "may lacks consume books-partition-0, produce books-partition-0",
    ),
    "a permission given": (
        lambda _, admin: admin.grant("clock-partition-0", RISK, ["consume", "produce"]),
        f"change role {RISK}",
        "may has consume clock-partition-0, produce clock-partition-0 too much",
    ),
    "a cursor deleted": (
        lambda installation, _: rest(
            installation,
            "DELETE",
            f"persistent/{{name}}/orders-partition-0/subscription/{RISK}-risk%2F0?force=true",
        ),
        f"change role {RISK}",
        f"cursors lacks {RISK}-risk/0 on orders-partition-0",
    ),
    "everything to be kept for an hour": (
        lambda installation, _: rest(
            installation,
            "POST",
            "namespaces/{name}/retention",
            {"retentionTimeInMinutes": 60, "retentionSizeInMB": 10},
        ),
        "change namespace bulkhead/drifts",
        '"retentionTimeInMinutes": 60} -> ',
    ),
    "one topic to be kept for a day": (
        lambda _, admin: admin.set_retention("settlement", 1440),
        "change topic settlement",
        "retention_minutes: 1440 -> none",
    ),
    "deduplication turned on where participants write": (
        lambda _, admin: admin.set_deduplication("ingress.alice", True),
        "change topic ingress.alice",
        "deduplication: true -> false",
    ),
    "a topic deleted": (
        lambda _, admin: admin.delete_topic("risk_events"),
        "create topic risk_events",
        "is missing, and was there: what it held is gone",
    ),
    "a label taken off": (
        lambda _, admin: admin.set_label("decisions", "nobody"),
        "change topic decisions",
        "label: nobody -> drifts",
    ),
    "one topic's messages to die young": (
        lambda installation, _: rest(
            installation, "POST", "persistent/{name}/orders/retention", {"retentionTimeInMinutes": 0}
        ),
        "change topic orders",
        "retention_minutes: 0 -> none",
    ),
}
CLOSELY = {"a label taken off"}
"""what `topology plan`, which does not ask about each topic, leaves to `topology drift`"""


@pytest.mark.parametrize("what", BY_HAND)
def test_what_somebody_changed_is_named_and_put_back(
    what: str, installation: Installation, admin: PulsarAdmin
) -> None:
    by_hand, step, why = BY_HAND[what]
    assert planned(installation).empty
    by_hand(installation, admin)
    assert planned(installation).empty == (what in CLOSELY)
    seen, *others = planned(installation, closely=True).steps
    # A topic takes with it what was granted on it.
    assert {other.kind for other in others} == ({"role"} if seen.action == "create" else set())
    assert f"{seen.action} {seen.kind} {seen.name}" == step
    assert why in seen.why
    with Ground(installation) as ground:
        ground.perform(seen)
        for each in ground.plan().steps:
            ground.perform(each)
        assert ground.plan(closely=True).empty


def test_prune_deletes_what_carries_the_label_and_nothing_else(
    installation: Installation, admin: PulsarAdmin
) -> None:
    stale = shard_role("drifts", "risk/9")
    for topic in ("strangers", "strangers_too", "ours"):
        admin.create_topic(topic, 2)
    admin.set_label("strangers_too", "another-exchange")
    admin.set_label("ours", "drifts")
    admin.grant("books-partition-0", stale, ["produce"])
    admin.grant("books-partition-0", "a-stranger", ["produce"])
    try:
        left = planned(installation)
        assert (left.empty, left.left) == (True, (f"role {stale}", "topic ours"))
        pruning = planned(installation, prune=True)
        assert [str(step.name) for step in pruning.steps] == [stale, "ours"]
        with Ground(installation) as ground:
            for step in pruning.steps:
                ground.perform(step)
        assert planned(installation, prune=True).empty
        assert {"strangers", "strangers_too"} <= set(admin.topics())
        assert set(admin.grants()["books-partition-0"]) & {"a-stranger", stale} == {"a-stranger"}
    finally:
        for topic in ("strangers", "strangers_too"):
            admin.delete_topic(topic)
        admin.grant("books-partition-0", "a-stranger", ())


def test_drift_compares_with_what_was_applied_and_not_with_the_file(
    installation: Installation, broker: Broker, admin: PulsarAdmin
) -> None:
    remember_applied(installation)
    edited = installed(installation.file.parent, broker, {"clock": {"tick_ms": 50}})
    known = applied(edited)
    assert known is not None
    assert known.topology == installation.topology != edited.topology
    admin.grant("books-partition-0", RISK, ())
    done = run("topology", "drift", "--json", "--topology", installation.file, cwd=installation.file.parent)
    # Nothing runs, since only the ground was made here: that is drift too.
    assert done.status == 2, done.stderr
    steps = [(step["action"], step["kind"]) for step in done.json["steps"]]
    assert steps == [("change", "role"), ("create", "exchange")]
    found(installation)
    assert planned(installation).empty


def test_an_exchange_on_another_log_than_the_one_it_was_founded_on_is_refused(
    broker: Broker, tmp_path: Path
) -> None:
    first = installed(tmp_path, broker, {"exchange": "elsewhere"})
    found(first)
    moved = installed(
        tmp_path, broker, {"exchange": "elsewhere", "log": {**secured_log(broker), "tenant": "other"}}
    )
    refused = {held.subject: held for held in planned(moved).refused}
    assert set(refused) == {
        "log"
    }  # what it was told, it was told there: there is nothing to compare the fields with
    assert "does not have what this exchange wrote when it was founded" in refused["log"].why
    with pytest.raises(FatalError, match="put the right log back"):
        found(moved)
