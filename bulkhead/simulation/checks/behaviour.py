"""At rest: of the versions of the rules that were in force while it traded."""

from collections import defaultdict

from bulkhead.domain.messages.behaviour import BehaviourChanged, BehaviourTaken
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.orders import RemovalRefused, RemoveOrder
from bulkhead.domain.reasons import Reason
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.derivation import derive
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages, verifier_of
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import split_body

PARTS = {"settlement": "settlement", "book": "partition", "risk": "risk"}
"""by kind, in the order in which they take a higher version: what of its machine has the behaviour"""


def check_behaviour(evidence: Evidence, streams: Streams) -> None:
    _check_rest(evidence)
    _check_order(streams)
    _check_cancels(evidence, streams)


def _check_rest(evidence: Evidence) -> None:
    """All shards go by the version that control says, and nobody waits for anybody."""
    control = evidence.domain("control/0").control
    must(control.behaviour_change is None, "a change of the rules has not come to its end")
    there = {
        "settlement": evidence.settlement_shards(),
        "book": evidence.shards("book"),
        "risk": evidence.risk_shards(),
    }
    for kind, part in PARTS.items():
        for name in there[kind]:
            behaviour = getattr(evidence.domain(name), part).behaviour
            version = behaviour.version
            must(
                version == control.behaviour_version,
                f"{name} goes by version {version} of the rules, the exchange by {control.behaviour_version}",
            )
            must(not behaviour.state(), f"{name} waits for others to leave a version: {behaviour.state()}")


def _check_order(streams: Streams) -> None:
    """Of each change that came to its end every kind of shard had confirmed before the next one did."""
    confirmed: defaultdict[int, list[BehaviourTaken]] = defaultdict(list)
    version = 1
    for message in messages(streams, DECISIONS, "control/0"):
        if isinstance(message, BehaviourTaken):
            confirmed[message.change].append(message)
        elif isinstance(message, BehaviourChanged):
            kinds = [each.shard.split("/")[0] for each in confirmed[message.change]]
            rising = list(PARTS) if message.version > version else list(PARTS)[::-1]
            must(
                kinds == sorted(kinds, key=rising.index),
                f"change {message.change} to version {message.version} was confirmed in the order {kinds}",
            )
            version = message.version


def _check_cancels(evidence: Evidence, streams: Streams) -> None:
    """No book refuses, since it is closed, what risk has asked by a version that takes that."""
    for name in evidence.shards("risk"):
        asked = _cancels(evidence, name)
        for source, destination in list(streams):
            if destination == input_partition(name) and source.startswith("book/"):
                for answer in messages(streams, destination, source):
                    if isinstance(answer, RemovalRefused) and answer.reason is Reason.INSTRUMENT_HALTED:
                        must(
                            asked[answer.order_id] < 2,
                            f"{source} was closed and refused the cancel of order {answer.order_id}, which"
                            f" {name} had asked by version 2",
                        )


def _cancels(evidence: Evidence, name: str) -> dict[int, int]:
    """By order the lowest version of the rules by which a risk shard may have asked its book to end it."""
    partition = input_partition(name)
    machine = make_reference(name)
    behaviour = machine.domain.risk.behaviour  # type: ignore[attr-defined]  # a risk shard's
    found: defaultdict[int, int] = defaultdict(int)
    known = decided(evidence.log, evidence.identity, name)
    before = behaviour.version
    steps = derive(machine, verifier_of(evidence.identity, partition), evidence.records(partition), known)
    for _, outputs in steps:
        version, before = min(before, behaviour.version), behaviour.version
        for output in outputs:
            if output.destination.startswith("books/"):
                for message in map(decode, split_body(output.body, output.events)):
                    if isinstance(message, RemoveOrder):
                        order_id = message.order_id
                        found[order_id] = min(found.get(order_id, version), version)
    return found
