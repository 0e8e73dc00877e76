"""The log of an exchange on Kubernetes: the same plan as the command's, of what Pulsar has beside frames."""

from contextlib import closing

from bulkhead.log.administration import Wanted
from bulkhead.log.open import administer
from bulkhead.topology import derived
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.steps import Step, plan


def is_administered(topology: Topology) -> bool:
    """Of a secured cluster the administrator has a token, which only the head's pod gets."""
    return topology.log.adapter == "pulsar" and not topology.log.secured


def make_log(topology: Topology) -> list[Step]:
    """Bring tenant, namespace and topics to what the topology wants: what was done. Nothing is ever deleted.

    TemporaryError: the cluster's administration can't be reached from here; FatalError: it refuses.
    """
    topics = {topic.name: topic.partitions for topic in derived.topics(topology)}
    address = derived.public_log_address(topology)
    with closing(administer(address, Wanted(topology.exchange, topics, ()))) as log:
        planned = plan(log.wanted(), log.live())
        for step in planned.steps:
            log.make(step.kind, step.name)
    return list(planned.steps)
