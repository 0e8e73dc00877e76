"""Deliberate bugs, put into the product from outside while a run lasts: a simulation that finds none of them
proves nothing. The product has no switch for them.
"""

from collections.abc import Mapping

from bulkhead.simulation.mutants.behaviour import BEHAVIOUR
from bulkhead.simulation.mutants.determinism import DETERMINISM
from bulkhead.simulation.mutants.ingress import INGRESS
from bulkhead.simulation.mutants.keys import KEYS
from bulkhead.simulation.mutants.listing import LISTING
from bulkhead.simulation.mutants.loop import LOOP
from bulkhead.simulation.mutants.money import MONEY
from bulkhead.simulation.mutants.mutant import Mutant
from bulkhead.simulation.mutants.overload import OVERLOAD
from bulkhead.simulation.mutants.quarantine import QUARANTINE
from bulkhead.simulation.mutants.repairs import REPAIRS
from bulkhead.simulation.mutants.replicas import REPLICAS
from bulkhead.simulation.mutants.shards import SHARDS
from bulkhead.simulation.mutants.streams import STREAMS

__all__ = ["MUTANTS", "Mutant"]

MUTANTS: Mapping[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        *LOOP,
        *REPLICAS,
        *STREAMS,
        *DETERMINISM,
        *MONEY,
        *QUARANTINE,
        *INGRESS,
        *REPAIRS,
        *KEYS,
        *LISTING,
        *SHARDS,
        *BEHAVIOUR,
        *OVERLOAD,
    )
}
"""by name"""
