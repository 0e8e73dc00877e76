"""A whole exchange compared with its topology, and changed: the ground it stands on, then its processes."""

from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from actors.open_orders import with_open_orders
from actors.processes import INTERRUPTION, bring, live_settings, ref, wanted_settings
from bulkhead.installation.alone import alone
from bulkhead.installation.applied import remember_applied
from bulkhead.installation.ground import Ground, Refused
from bulkhead.installation.state import Installation, Running
from bulkhead.topology.plan.steps import Held, Plan, Step


class Change:
    """Of one installation, with `with`. `reason`: the operator's words for what is decided. Errors are the
    ground's.
    """

    def __init__(self, installation: Installation, reason: str = "") -> None:
        self._installation = installation
        self._ground = Ground(installation, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ground.__exit__(kind, value, trace)

    def bounds(self) -> dict[str, str]:
        return self._ground.bounds()

    def plan(self, *, prune: bool = False, refused: tuple[Held, ...] = ()) -> Plan:
        """What is to be done; changes nothing. `refused`: what is known to be impossible already."""
        live = live_settings(self._installation)
        exchange = ref(self._installation)
        planned = self._ground.plan(
            prune=prune,
            also_wanted={exchange: wanted_settings(self._installation)},
            also_live={} if live is None else {exchange: live},
            refused=refused,
            interrupts=INTERRUPTION,
        )
        return replace(planned, refused=with_open_orders(self._installation, planned.refused))

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
        with alone(self._installation):
            for step in planned.steps:
                if step.ref == ref(self._installation):
                    bring(self._installation, step.action, starting)
                else:
                    self._ground.perform(step)
                done(step)
            remember_applied(self._installation)
