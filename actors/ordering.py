"""Has the supervisor do one step of a plan, and waits until it is done. Inside `attached`."""

import secrets
import time
from collections.abc import Callable, Mapping

from actors.attach import call_restarted
from actors.launch import Launch
from actors.objects import policies, wanted_launches
from actors.orders import BUSY, DONE, WORKING, Order
from bulkhead.errors import FatalError
from bulkhead.installation.state import Installation
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.objects import ACTOR, ROOMS
from bulkhead.topology.plan.steps import Step
from bulkhead.topology.rooms import rooms

ASK_EVERY_S = 0.05


def carry_out_order(installation: Installation, step: Step) -> None:
    """A supervisor that is restarted meanwhile is given the order again: to repeat one completes it.

    FatalError: it can't be done, and why. NoAnswer: there is no supervisor.
    """
    give_order(step, wanted_launches(installation), installation.topology)


def give_order(
    step: Step,
    launches: Mapping[str, Launch],
    topology: Topology,
    waiting: Callable[[], None] = lambda: None,
) -> None:
    """The same, of a step whose actor is to be as `launches` says; `waiting` is called again and again."""
    if step.kind == ACTOR:
        order = Order(new_ticket(), step.action, step.name, launches.get(step.name))
    elif step.ref == ROOMS:
        order = Order(new_ticket(), step.action, step.name, rooms(topology), "rooms")
    else:
        order = Order(new_ticket(), step.action, step.name, policies(topology).get(step.name), "boundary")
    carry_out(step, order, waiting)


def new_ticket() -> str:
    return secrets.token_hex(8)


def carry_out(step: Step, order: Order, waiting: Callable[[], None] = lambda: None) -> None:
    """Give the order until it is done. FatalError: it can't be, and why. NoAnswer: as above."""
    while (outcome := call_restarted("supervisor", "order", order)) in (WORKING, BUSY):
        waiting()
        time.sleep(ASK_EVERY_S)
    if outcome != DONE:
        raise FatalError(f"{step.action} {step.kind} {step.name}: {outcome}")
