"""One round: an Exchange as the API server has it, compared with what it should be, and made so step by step.

Killed anywhere, or done by two operators at once, the next round has the rest: nothing is remembered but what
the API server has.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.steps import Plan, Step, plan
from bulkhead.topology.problems import TopologyError
from k8s.crd import topology_of
from k8s.keeping.api import POD, POD_MONITOR, RAY_CLUSTER, Cluster, Manifest
from k8s.keeping.children import INSTANCE, OURS, Children
from k8s.keeping.health import missing_of
from k8s.keeping.log import is_administered, make_log
from k8s.keeping.rollout import (
    CLUSTER_LABEL,
    boundaries_of,
    failure_of,
    groups_of,
    next_pods,
    pods_of,
    stamped,
)
from k8s.keeping.status import LogSeen, Seen
from k8s.keeping.told import told_otherwise, topology_in
from k8s.render import render

DONE = {"create": "Created", "change": "Changed", "replace": "Changed", "delete": "Deleted"}
"""a step's action -> the reason of the event that tells of it"""


class Note(NamedTuple):
    """Something that a person may want to know: an event of the resource."""

    kind: str
    """Normal or Warning"""
    reason: str
    text: str


@dataclass
class Round:
    """Of one Exchange. `notes`: what it has done."""

    cluster: Cluster
    exchange: Manifest
    notes: list[Note] = field(default_factory=list)

    def run(self) -> Seen:
        """What came of it, with refusals and failures. TemporaryError, FatalError: nothing can be seen."""
        seen = Seen(paused=bool(self.exchange["spec"].get("paused")))
        try:
            topology = topology_of(self.exchange)
            seen = replace(seen, topology=topology)
            if not seen.paused:
                self._make(topology)
                seen = replace(seen, log=self._make_log(topology))
        except (TopologyError, FatalError) as problem:
            seen = replace(seen, refused=str(problem))
        except TemporaryError as problem:
            seen = replace(seen, retrying=str(problem))
        return self._look(seen)

    def plan(self, topology: Topology) -> tuple[Children, Plan]:
        """What a round would do to the objects of the exchange; changes nothing. Errors are the cluster's."""
        manifests = self._rendered(topology)
        text = next(topology_in(each) for each in manifests if topology_in(each))
        for number, each in enumerate(manifests):
            if each["kind"] == RAY_CLUSTER[1]:
                manifests[number] = stamped(each, text)
        children = Children(self.cluster, self.exchange, manifests)
        held = [
            *told_otherwise(children.manifests.values(), topology),
            *((Level.REFUSED, each) for each in children.refused()),
        ]
        if any(level is Level.REFUSED for level, _ in held):
            return children, plan({}, {}, held=held)
        return children, plan(children.wanted(), children.live(), held=held, prune=True)

    def _make(self, topology: Topology) -> None:
        """Carry the plan out. FatalError: it is refused, and nothing was done."""
        children, planned = self.plan(topology)
        if planned.refused:
            raise FatalError("; ".join(map(str, planned.refused)))
        for step in planned.steps:
            children.perform(step)
            self._note(step)
        self.notes += [Note("Warning", "ToldOtherwise", str(each)) for each in planned.by_command]
        self.notes += [Note("Warning", "ToldOtherwise", str(each)) for each in planned.kept]

    def _rendered(self, topology: Topology) -> list[Manifest]:
        metadata, spec = self.exchange["metadata"], self.exchange["spec"]
        wanted = bool(spec.get("monitors"))
        monitors = wanted and self.cluster.labelled(POD_MONITOR, metadata["namespace"], {}) is not None
        if wanted and not monitors:
            text = "the cluster has no PodMonitor, the kind of prometheus-operator: nobody is told to look"
            self.notes.append(Note("Warning", "NoMonitors", text))
        return render(
            topology,
            namespace=metadata["namespace"],
            name=metadata["name"],
            image=spec["image"],
            monitors=monitors,
        )

    def _make_log(self, topology: Topology) -> LogSeen:
        """The exchange's pods come up without it: whoever founds the exchange makes what is missing."""
        if not is_administered(topology):
            return LogSeen("Unknown", "ByTheHead", "the head's pod administers this log")
        try:
            for step in make_log(topology):
                self._note(step)
        except (FatalError, TemporaryError) as problem:
            return LogSeen("Unknown", "NotReachedFromHere", f"the head makes what is missing: {problem}")
        return LogSeen("True", "AsExpected", "tenant, namespace and topics are as the topology wants them")

    def _look(self, seen: Seen) -> Seen:
        """At what runs; then ask the next pod to leave that runs something else than it should."""
        namespace, name = self.exchange["metadata"]["namespace"], self.exchange["metadata"]["name"]
        clusters = self.cluster.labelled(RAY_CLUSTER, namespace, {**OURS, INSTANCE: name})
        if not clusters:
            return seen
        raycluster = clusters[0]
        labels = {CLUSTER_LABEL: raycluster["metadata"]["name"]}
        seen = replace(
            seen,
            groups=tuple(groups_of(raycluster)),
            pods=tuple(pods_of(self.cluster.labelled(POD, namespace, labels) or ())),
            boundaries=boundaries_of(raycluster),
            failure=failure_of(raycluster),
            missing=missing_of(namespace, name),
        )
        return seen if seen.paused or seen.refused or seen.retrying else self._roll(seen)

    def _roll(self, seen: Seen) -> Seen:
        """KubeRay does not tell whether it has seen a changed template (its observedGeneration stays). Where
        it has not, it makes a pod of the earlier one again, and that is replaced too.
        """
        rollout = next_pods(list(seen.groups), list(seen.pods))
        for pod in rollout.evict:
            if self.cluster.evict(self.exchange["metadata"]["namespace"], pod):
                self.notes.append(Note("Normal", "Replacing", f"pod {pod} runs what was wanted before"))
            else:
                rollout = replace(rollout, waiting=f"no disruption budget is left for pod {pod}")
        return replace(seen, rollout=rollout)

    def _note(self, step: Step) -> None:
        why = "" if step.action == "create" else f": {step.why}"
        self.notes.append(Note("Normal", DONE[step.action], f"{step.kind} {step.name}{why}"))
