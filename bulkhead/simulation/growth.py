"""What operators add to the exchange in a run, in the order in which the product's plan has it decided."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bulkhead.topology.models import Topology
from bulkhead.topology.plan.listing import Listing
from bulkhead.topology.plan.objects import Ref
from bulkhead.topology.plan.told import Told


class Growth:
    """From what was told at the founding to all that `topology` has."""

    def __init__(self, topology: Topology, founding: Sequence[Any], keys: Mapping[str, bytes]) -> None:
        self._listing = Listing(topology, Told().hear(founding), keys.get)

    def everything(self) -> list[Ref]:
        wanted, _ = self._listing.objects()
        return list(wanted)

    def instruments(self) -> list[str]:
        return [name for kind, name in self.everything() if kind == "instrument"]

    def newcomers(self) -> list[str]:
        return [name for kind, name in self.everything() if kind == "participant"]

    def decisions(self, ref: Ref) -> Iterator[Any]:
        """All that it needs, whatever was decided before: the exchange refuses what it knows."""
        return self._listing.decisions(ref, "by chance")
