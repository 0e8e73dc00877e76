"""Bugs in what is refused under load, and in what is left down."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bulkhead.domain.risk import mass_quote, place, place_linked, replace
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced
from bulkhead.supervision.budget import Budgets, Decision


@contextmanager
def _has_no_window() -> Iterator[None]:
    with ExitStack() as stack:
        for module in (mass_quote, place, place_linked, replace):
            stack.enter_context(replaced(vars(module), "check_windows", lambda *_: None))
        yield


def _has_one_budget_for_all() -> PutIn:
    died = Budgets.died

    def sharing(self: Budgets, boundary: str, shard: str, now_s: float) -> Decision:
        spent = [at for each in self._restarts.values() for at in each]
        for name in self._restarts:
            self._restarts[name] = spent if name == boundary else []
        return died(self, boundary, shard, now_s)

    return replaced(Budgets, "died", sharing)


def _spends_no_budget() -> PutIn:
    return replaced(Budgets, "died", lambda *_: Decision.RESTART)


def _halts_all_with_one() -> PutIn:
    died = Budgets.died

    def spreading(self: Budgets, boundary: str, shard: str, now_s: float) -> Decision:
        if self._halted:
            self._halted.setdefault(boundary, "another is")
        return died(self, boundary, shard, now_s)

    return replaced(Budgets, "died", spreading)


OVERLOAD = (
    Mutant("no-window", "asks a book for any number of things at once", _has_no_window, shown_by=11),
    Mutant(
        "one-budget", "has one budget of restarts for all boundaries", _has_one_budget_for_all, shown_by=11
    ),
    Mutant("no-budget", "spends no budget of restarts", _spends_no_budget, shown_by=11),
    Mutant(
        "spreading", "halts whatever dies while some boundary is halted", _halts_all_with_one, shown_by=11
    ),
)
