"""At rest, once all is released: only what every process raises on was skipped, and nothing is halted."""

from bulkhead.runtime.decisions import Decided, decided
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence
from bulkhead.simulation.poison import Poisoned, Sick


def check_quarantine(evidence: Evidence, sick: bool) -> int:
    """How many events were skipped. `sick`: also such as only one process raises on, again and again."""
    causes = (Poisoned.__name__, Sick.__name__) if sick else (Poisoned.__name__,)
    skipped = 0
    for name, machine in evidence.machines.items():
        halted = list(machine.quarantined())
        must(not halted, f"{name} still halts {halted}")
        known = Decided() if name.startswith("view-") else decided(evidence.log, evidence.identity, name)
        for decision in known.skips:
            which = f"{name}: event {decision.sequence} from {decision.source}"
            must(
                decision.why.startswith(causes),
                f"{which} was skipped and would not have raised again: {decision.why}",
            )
            must(
                (decision.position, decision.sequence) in machine.skipped,
                f"{which} was to be skipped and was applied",
            )
        must(len(machine.skipped) == len(known.skips), f"{name} has skipped what nobody decided")
        skipped += len(known.skips)
    return skipped
