"""A whole exchange compared with its topology, and changed: the ground it stands on, then its processes."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from actors.attach import attached
from actors.objects import engines_in, live_objects, wanted_launches, wanted_objects
from actors.open_orders import with_open_orders
from actors.ordering import carry_out_order
from actors.processes import bring, live_settings, ref, wanted_settings
from actors.signed import sign
from bulkhead.installation.alone import alone
from bulkhead.installation.applied import remember_applied
from bulkhead.installation.changes import write_down
from bulkhead.installation.ground import Ground, Refused
from bulkhead.installation.state import Installation, Running
from bulkhead.topology.placing import NO_ADDRESS
from bulkhead.topology.plan.objects import RUNNING, Objects, Ref
from bulkhead.topology.plan.steps import Held, Plan, Step


class Change:
    """Of one installation, with `with`. `reason`: the operator's words for what is decided; without, no
    change of what runs is signed. Errors are the ground's.
    """

    def __init__(self, installation: Installation, reason: str = "") -> None:
        self._installation = installation
        self._reason = reason
        self._ground = Ground(installation, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ground.__exit__(kind, value, trace)

    def bounds(self) -> dict[str, str]:
        return self._ground.bounds()

    def plan(self, *, prune: bool = False, closely: bool = False, refused: tuple[Held, ...] = ()) -> Plan:
        """What is to be done; changes nothing. `refused`: what is known to be impossible already. `closely`:
        as the log is looked at.
        """
        placement = self._installation.topology.placement
        if placement is not None and placement.address is None:
            refused = (*refused, Held("placement.address", *NO_ADDRESS))
        wanted, live, leading = self._processes()
        planned = self._ground.plan(
            prune=prune, closely=closely, also_wanted=wanted, also_live=live, refused=refused, leading=leading
        )
        return replace(planned, refused=with_open_orders(self._installation, planned.refused))

    def _processes(self) -> tuple[Objects, Objects, set[Ref]]:
        """As they should be, as they are, and who leads. Single actors are compared only where what holds
        them is as it should be: else all of them are begun with it.
        """
        exchange, settings = ref(self._installation), live_settings(self._installation)
        wanted: Objects = {exchange: wanted_settings(self._installation)}
        live: Objects = {} if settings is None else {exchange: settings}
        if live != wanted:
            return wanted, live, set()
        actors, leading = live_objects(self._installation)
        return {**wanted, **wanted_objects(self._installation)}, {**live, **actors}, leading

    def carry_out(
        self,
        planned: Plan,
        done: Callable[[Step], None],
        starting: Callable[[Running], None] = lambda _: None,
    ) -> None:
        """Do every step in order; `done` is told of each. Interrupted anywhere, the next plan has the rest.

        Refused: the plan is, and nothing was done. TemporaryError: another process does the same. Otherwise
        what a step raises.
        """
        if planned.refused:
            raise Refused(planned.refused)
        with alone(self._installation), ExitStack() as stack:
            if any(step.kind in RUNNING for step in planned.steps):
                stack.enter_context(attached(self._installation))
            for step in planned.steps:
                self._perform(step, starting)
                write_down(self._installation, step)
                done(step)
            if any(step.kind in RUNNING for step in planned.steps):
                self._tell_what_runs()
            remember_applied(self._installation)

    def _perform(self, step: Step, starting: Callable[[Running], None]) -> None:
        if step.ref == ref(self._installation):
            bring(self._installation, step.action, starting)
        elif step.kind in RUNNING:
            if self._reason:
                sign(self._installation, step, self._reason)
            carry_out_order(self._installation, step)
        else:
            self._ground.perform(step)

    def _tell_what_runs(self) -> None:
        """To whoever reads running.json, which the head process wrote when it began."""
        running = self._installation.running()
        if running is not None:
            started = wanted_launches(self._installation)
            update = {"engine": engines_in(started.values()), "shards": dict.fromkeys(started, "ready")}
            self._installation.write_running(running.model_copy(update=update))
