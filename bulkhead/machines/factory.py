"""The choice of a machine by shard name, and of its engine."""

import msgspec

from bulkhead.machines.engines import NATIVE_KINDS, Engine, NotBuilt, native_is_built
from bulkhead.machines.interface import Machine
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.machines.signed import SignedStreams
from bulkhead.wire.codec import decode, encode

_pack = msgspec.msgpack.Encoder(order="sorted").encode
_unpack = msgspec.msgpack.Decoder().decode

INPUT_TOPICS = {
    "risk": "orders",
    "book": "books",
    "settlement": "settlement",
    "control": "control",
    "clock": "clock",
    "ingress": "ingress",
    "view": "market_data",
}
"""the topic that each kind of shard consumes, the partition of its own number"""


def input_partition(shard: str) -> str:
    """The partition that a shard consumes: risk/2 -> orders/2.

    A view shard follows several, each with a machine of its own (views/machine.py): view-0/3 ->
    market_data/3.
    """
    kind, number = shard.split("/")
    return f"{INPUT_TOPICS['view' if kind.startswith('view-') else kind]}/{number}"


def make_machine(shard: str, engine: Engine) -> Machine:
    """The machine of `shard` in its first state: it knows its name, the rest comes as messages.

    Raises NotBuilt where the engine is native and there is none.
    """
    if engine is Engine.NATIVE and shard.split("/")[0] in NATIVE_KINDS:
        if not native_is_built():
            raise NotBuilt
        from bulkhead.machines.native import NativeMachine  # loads the binary, which not everybody has

        return NativeMachine(shard, input_partition(shard))
    return make_reference(shard)


def make_reference(shard: str) -> ReferenceMachine:
    """As make_machine, of the reference engine: its `domain` can be looked at.

    A kind's rules are imported when one is made: an actor has one kind, and few of those are the reference's.
    """
    kind, text = shard.split("/")
    number, partition = int(text), input_partition(shard)
    if kind == "risk":
        from bulkhead.domain.risk.isolation import RiskIsolation
        from bulkhead.domain.risk.machine import RiskMachine
        from bulkhead.domain.risk.model import Packing
        from bulkhead.domain.risk.signers import ParticipantSigners

        risk = RiskMachine(number, Packing(_pack, _unpack))  # what moves is packed as snapshots are
        signed = SignedStreams(ParticipantSigners(risk.risk))
        return ReferenceMachine(shard, partition, risk, signed, RiskIsolation(risk.risk))
    if kind == "book":
        from bulkhead.domain.book_partition.isolation import BookIsolation
        from bulkhead.domain.book_partition.machine import BookMachine

        book = BookMachine(number)
        return ReferenceMachine(shard, partition, book, isolation=BookIsolation(book.partition))
    if kind == "settlement":
        from bulkhead.domain.settlement.isolation import SettlementIsolation
        from bulkhead.domain.settlement.machine import SettlementMachine

        settlement = SettlementMachine(number)
        isolation = SettlementIsolation(settlement.settlement)
        return ReferenceMachine(shard, partition, settlement, isolation=isolation)
    if kind == "ingress":
        from bulkhead.domain.ingress.machine import IngressMachine

        return ReferenceMachine(shard, partition, IngressMachine(number))
    if kind == "control":
        from bulkhead.domain.control.machine import ControlMachine
        from bulkhead.domain.control.operators import OperatorSigners

        control = ControlMachine()
        return ReferenceMachine(
            shard, partition, control, SignedStreams(OperatorSigners(control.control, encode, decode))
        )
    if kind == "clock":
        from bulkhead.domain.clock.machine import ClockMachine

        return ReferenceMachine(shard, partition, ClockMachine())
    raise ValueError(
        f"no machine is called {shard!r}: a shard is risk/N, book/N, settlement/N, ingress/N, control/0 or "
        f"clock/0 (a view's machines are made by views.machine.make_view)"
    )


def to_look_at(machine: Machine) -> ReferenceMachine:
    """A machine whose `domain` has the state of `machine`: that one, or a copy made from its snapshot."""
    if isinstance(machine, ReferenceMachine):
        return machine
    copy = make_reference(machine.name)
    copy.restore(machine.snapshot())
    return copy
