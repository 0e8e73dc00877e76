"""At rest: what shards obey of repairs is what an operator has signed, all of it and nothing else."""

from collections.abc import Sequence
from typing import Any

from bulkhead.runtime.decisions import decided
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence


def check_repairs(evidence: Evidence, signed: Sequence[Any]) -> None:
    """`signed`: the repairs, in their order."""
    for name in evidence.machines:
        if name.startswith("view-"):
            continue
        obeyed = decided(evidence.log, evidence.identity, name).repairs
        wanted = [each for each in signed if each.shard == name]
        must(obeyed == wanted, f"{name} obeys {len(obeyed)} repairs, an operator has signed {len(wanted)}")
