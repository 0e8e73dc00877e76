"""Random flows with kill switches thrown and lifted, sessions that fall silent and protected quotes: nothing
stays reserved or is released twice, and what is stopped has no live orders.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.disconnect import Disconnected
from bulkhead.domain.messages.kill_switch import (
    KillOwn,
    KillScope,
    KillSwitchChanged,
    KillSwitchThrown,
    OwnKillSwitchSet,
    ReleaseOwn,
    SetKillSwitch,
)
from bulkhead.domain.messages.protection import ProtectionTripped
from bulkhead.domain.messages.reports import OrderCanceled, OrderRejected, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.commands import draw_guard
from bulkhead.simulation.evidence import messages
from bulkhead.simulation.operating import draw_kill_switch
from bulkhead.wire.codec import encode
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.support.both_engines import make_both
from tests.support.operator import Operator

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


class KillingFlow(Flow):
    def __init__(
        self, say: Callable[[str], object] = lambda text: None, make: Callable[[str], Any] = make_both
    ) -> None:
        super().__init__(say, make=make)
        self._operator = Operator(self.exchange)
        self._thrown: list[tuple[KillScope, str]] = []
        self._kinds += [(1, self._kill), (6, self._lift), (8, self._guard), (3, self._later)]

    def _kill(self, chance: random.Random) -> str:
        trader = self._trader(chance)
        instruments = list(self.exchange.topology.instruments)
        switch = draw_kill_switch(chance, trader.participant_id, trader.accounts, instruments)
        self._thrown.append(switch)
        return self._turn(chance, switch, True)

    def _lift(self, chance: random.Random) -> str:
        if not self._thrown:
            return "nothing is stopped"
        return self._turn(chance, self._thrown.pop(chance.randrange(len(self._thrown))), False)

    def _turn(self, chance: random.Random, switch: tuple[KillScope, str], on: bool) -> str:
        own = [each for each in self.traders if switch == (KillScope.OWN, each.participant_id)]
        if own and chance.random() < 0.8:
            own[0].send([encode(KillOwn("kill") if on else ReleaseOwn("release"))])
            return f"{switch[1]}: its own {'on' if on else 'off'}"
        self._operator.decide(SetKillSwitch(*switch, on, "by chance"))
        return f"operator: {switch} {'on' if on else 'off'}"

    def _guard(self, chance: random.Random) -> str:
        trader, command = self._trader(chance), draw_guard(chance)
        trader.send([encode(command)])
        return f"{trader.participant_id}: {command}"

    def _later(self, chance: random.Random) -> str:
        self.time_ms += chance.choice((500, 2_000))
        self.exchange.tick(self.time_ms)
        return f"clock: {self.time_ms}"

    def check_what_is_stopped(self) -> None:
        """At rest: what is stopped has no live order, but of a closed instrument."""
        for risk in self.exchange.risk_shards():
            for order in risk.orders.values():
                instrument = order.instrument
                participant = order.account.participant.participant_id
                over = {
                    (KillScope.ACCOUNT, order.account.account_id),
                    (KillScope.PARTICIPANT, participant),
                    (KillScope.OWN, participant),
                    (KillScope.INSTRUMENT, instrument.instrument_id),
                    (KillScope.EVERYTHING, ""),
                }
                silent = {each.participant_id for each in risk.watches.values() if each.is_over}
                group = "" if order.terms is None else order.terms.quote_group
                protection = risk.protections.get((participant, group))
                stopped = (
                    bool(over & risk.kills.keys())
                    or participant in silent
                    or (protection is not None and protection.tripped_by is not None)
                )
                assert instrument.phase is Phase.CLOSED or not stopped, order.order_id


def run(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> KillingFlow:
    flow = KillingFlow(say)
    for seed in seeds:
        flow.act(seed)
        check_reservations(flow.exchange.risk_shards())
    flow.finish()
    flow.check_what_is_stopped()
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)
    return flow


@settings(max_examples=40)
@given(flows)
def test_whatever_is_stopped_and_lifted_every_promise_holds_and_a_replay_is_equal(seeds: list[int]) -> None:
    run(seeds, note)


def test_the_flows_stop_live_orders_and_refuse_new_ones() -> None:
    seen: Counter[str] = Counter()
    for name in ("one", "two", "three", "four"):
        streams = run(fixed_seeds(name, 900)).exchange.said()
        destinations = {to for _, to in streams if to.startswith(("reports.", "decisions/"))}
        for destination in sorted(destinations):
            for each in messages(streams, destination):
                if getattr(each, "reason", Reason.KILLED) is Reason.KILLED:
                    seen[type(each).__name__] += 1
    kinds = (KillSwitchChanged, KillSwitchThrown, OwnKillSwitchSet, Disconnected, ProtectionTripped)
    for kind in (*kinds, OrderCanceled, OrderRejected, ReplaceRejected):
        assert seen[kind.__name__] > 3, seen
