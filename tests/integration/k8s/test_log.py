"""What the operator does to a log, on a real broker."""

import pytest

from bulkhead.topology.load import loads
from k8s.keeping.log import is_administered, make_log
from tests.support.pulsar import Broker
from tests.support.running import edited_topology

pytestmark = pytest.mark.pulsar


def test_a_logs_topics_are_made_once_and_what_is_missing_again(pulsar_broker: Broker) -> None:
    topology = loads(edited_topology({"exchange": "operated", "log": pulsar_broker.topology}))
    assert is_administered(topology)
    made = [f"{step.action} {step.kind} {step.name}" for step in make_log(topology)]
    assert "create topic orders" in made
    assert make_log(topology) == []

    more = loads(edited_topology({"exchange": "operated", "log": pulsar_broker.topology, **ONE_MORE}))
    assert [step.name for step in make_log(more)] == ["reports.dave"]


ONE_MORE = {"participants": {"dave": {"keys": ["dave"], "accounts": ["dave.main"]}}}
