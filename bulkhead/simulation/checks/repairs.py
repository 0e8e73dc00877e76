"""At rest: what shards obey of repairs is what an operator has signed, nothing else, and all of it that knew
of all that was decided before.
"""

from collections.abc import Sequence
from typing import Any

from bulkhead.runtime.decisions import decided, name_of
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence


def check_repairs(evidence: Evidence, signed: Sequence[Any]) -> None:
    """`signed`: the repairs, in their order. Two that were signed after the same one can't both count."""
    for name in evidence.machines:
        if name.startswith("view-"):
            continue
        obeyed = decided(evidence.log, evidence.identity, name).repairs
        wanted = _first_of_each([each for each in signed if each.shard == name])
        must(obeyed == wanted, f"{name} obeys {len(obeyed)} repairs, an operator has signed {len(wanted)}")


def _first_of_each(signed: Sequence[Any]) -> list[Any]:
    """Without those that another was signed before by who had seen the same, and what follows them."""
    first, overtaken, late = [], set(), set()
    for each in signed:
        if each.after in overtaken or each.after in late:
            late.add(name_of(each, each.after))
        else:
            first.append(each)
            overtaken.add(each.after)
    return first
