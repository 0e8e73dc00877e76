"""Random flows with kill switches thrown and lifted: nothing stays reserved or is released twice, and what is
stopped sends nothing to a book but cancels.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.kill_switch import KillScope, KillSwitchChanged, KillSwitchThrown, SetKillSwitch
from bulkhead.domain.messages.reports import OrderCanceled, OrderRejected, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.machines.factory import make_machine
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.evidence import messages
from bulkhead.simulation.operating import draw_kill_switch
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.support.operator import Operator

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


class KillingFlow(Flow):
    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        super().__init__(say)
        self._operator = Operator(self.exchange)
        self._thrown: list[tuple[KillScope, str]] = []
        self._kinds += [(4, self._kill), (6, self._lift)]

    def _kill(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        instruments = list(self.exchange.topology.instruments)
        switch = draw_kill_switch(chance, trader.participant_id, trader.accounts, instruments)
        self._thrown.append(switch)
        return self._turn(switch, True)

    def _lift(self, chance: random.Random) -> str:
        if not self._thrown:
            return "nothing is stopped"
        return self._turn(self._thrown.pop(chance.randrange(len(self._thrown))), False)

    def _turn(self, switch: tuple[KillScope, str], on: bool) -> str:
        self._operator.decide(SetKillSwitch(*switch, on, "by chance"))
        return f"operator: {switch} {'on' if on else 'off'}"

    def check_what_is_stopped(self) -> None:
        """At rest: under a switch there is no live order, but of a closed instrument."""
        for risk in self.exchange.risk_shards():
            for order in risk.orders.values():
                instrument = order.instrument
                over = {
                    (KillScope.ACCOUNT, order.account.account_id),
                    (KillScope.PARTICIPANT, order.account.participant.participant_id),
                    (KillScope.INSTRUMENT, instrument.instrument_id),
                    (KillScope.EVERYTHING, ""),
                }
                assert instrument.phase.name == "CLOSED" or not over & risk.kills.keys(), order.order_id


def run(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> KillingFlow:
    flow = KillingFlow(say)
    for seed in seeds:
        flow.act(seed)
        check_reservations(flow.exchange.risk_shards())
    flow.finish()
    flow.check_what_is_stopped()
    check_everything(flow.evidence(), flow.exchange.said(), make_machine)
    return flow


@settings(max_examples=40)
@given(flows)
def test_whatever_is_stopped_and_lifted_every_promise_holds_and_a_replay_is_equal(seeds: list[int]) -> None:
    run(seeds, note)


def test_the_flows_stop_live_orders_and_refuse_new_ones() -> None:
    seen: Counter[str] = Counter()
    for name in ("one", "two"):
        streams = run(fixed_seeds(name, 900)).exchange.said()
        destinations = {to for _, to in streams if to.startswith(("reports.", "decisions/"))}
        for destination in sorted(destinations):
            for each in messages(streams, destination):
                if getattr(each, "reason", Reason.KILLED) is Reason.KILLED:
                    seen[type(each).__name__] += 1
    for kind in (KillSwitchChanged, KillSwitchThrown, OrderCanceled, OrderRejected, ReplaceRejected):
        assert seen[kind.__name__] > 3, seen
