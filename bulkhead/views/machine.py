"""The machines of a view shard: one for each market_data partition that it follows.

`view/0` is one actor; over `market_data/3` its machine is called `view-0/3`, so that every machine has a name
of its own (its dead letters' source, its snapshots) in the form KIND/NUMBER that all of them have.
"""

import re

from bulkhead.machines.engines import Engine, NotBuilt, native_is_built
from bulkhead.machines.factory import input_partition
from bulkhead.machines.interface import Machine
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.questions import MarketView

_NUMBER = r"(0|[1-9][0-9]*)"
_SHARD = re.compile(f"view/{_NUMBER}")
_PARTITION = re.compile(f"market_data/{_NUMBER}")
_MACHINE = re.compile(f"view-{_NUMBER}/{_NUMBER}")


def view_machine_name(shard: str, partition: str) -> str:
    """The machine of a shard over a partition: view/0, market_data/3 -> view-0/3. ValueError: other names."""
    view, number = _SHARD.fullmatch(shard), _PARTITION.fullmatch(partition)
    if view is None or number is None:
        raise ValueError(
            f"{shard!r} over {partition!r}: a view shard is view/N, it follows partitions market_data/N"
        )
    return f"view-{view[1]}/{number[1]}"


def make_view(name: str, engine: Engine) -> Machine:
    """The machine called `name` (see view_machine_name) in its first state.

    Here and not in machines.factory: views are above machines, which know nothing of them. Raises NotBuilt
    where the engine is native and there is none.
    """
    if engine is Engine.REFERENCE:
        return make_reference_view(name)
    _check(name)
    if not native_is_built():
        raise NotBuilt
    from bulkhead.views.native import NativeViewMachine  # loads the binary, which not everybody has

    return NativeViewMachine(name, input_partition(name))


def make_reference_view(name: str) -> ReferenceMachine:
    """As make_view, of the reference engine; its domain is a MarketDataView."""
    _check(name)
    return ReferenceMachine(name, input_partition(name), MarketDataView())


def _check(name: str) -> None:
    if not _MACHINE.fullmatch(name):
        raise ValueError(
            f"no view's machine is called {name!r}: that of view/0 over market_data/3 is view-0/3"
        )


def view_of(machine: Machine) -> MarketView:
    """What the machine of a view can be asked. TypeError: it is another shard's."""
    found = machine.domain if isinstance(machine, ReferenceMachine) else getattr(machine, "view", None)
    if not isinstance(found, MarketView):
        raise TypeError(f"{machine.name} is no view's machine: it can't be asked about market data")
    return found
