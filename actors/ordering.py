"""Has the supervisor do one step of a plan, and waits until it is done. Inside `attached`."""

import secrets
import time

from actors.attach import call_restarted
from actors.objects import policies, wanted_launches
from actors.orders import BUSY, DONE, WORKING, Order
from bulkhead.errors import FatalError
from bulkhead.installation.state import Installation
from bulkhead.topology.plan.objects import ACTOR
from bulkhead.topology.plan.steps import Step

ASK_EVERY_S = 0.05


def carry_out_order(installation: Installation, step: Step) -> None:
    """A supervisor that is restarted meanwhile is given the order again: to repeat one completes it.

    FatalError: it can't be done, and why. NoAnswer: there is no supervisor.
    """
    order = _order(installation, step)
    while (outcome := call_restarted("supervisor", "order", order)) in (WORKING, BUSY):
        time.sleep(ASK_EVERY_S)
    if outcome != DONE:
        raise FatalError(f"{step.action} {step.kind} {step.name}: {outcome}")


def _order(installation: Installation, step: Step) -> Order:
    ticket = secrets.token_hex(8)
    if step.kind != ACTOR:
        return Order(
            ticket, step.action, step.name, policies(installation.topology).get(step.name), "boundary"
        )
    wanted = None if step.action == "delete" else wanted_launches(installation)[step.name]
    return Order(ticket, step.action, step.name, wanted)
