"""What leaves a risk shard is every row of its snapshot that is about who leaves; and put back it is the
shard again. Told from the snapshot alone, whatever the shard has been through.
"""

import random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.domain.machine import State
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.risk.model import Leaving, Risk
from bulkhead.domain.risk.moving import NOBODY, SECTIONS, cut_out
from bulkhead.domain.risk.state import load, save, take_in
from tests.property.exchange_flow import fixed_seeds
from tests.property.risk_history import RiskHistory
from tests.support.native_book import needs_native_engine

pytestmark = needs_native_engine  # the history runs on both

SLOTS: Final = st.tuples(st.integers(0, 1023), st.integers(0, 1023)).map(sorted)


def split(state: dict[str, Any], slots: range) -> tuple[dict[str, Any], dict[str, Any]]:
    """A snapshot in two: what is about participants of these slots, and the rest."""
    participants = {row[0][0] for row in state["participants"] if row[0][2] in slots}
    accounts = {row[0] for row in state["accounts"] if row[1] in participants}
    keys = {row[0] for row in state["sessions"] if row[1][0] in participants}
    orders = {row[0] for row in state["orders"] if row[2] in accounts}

    def leaves(section: str, row: Any) -> bool:
        match section:
            case "participants":
                return row[0][0] in participants
            case "sessions" | "restricted":
                return row[0] in keys
            case "accounts" | "account_states":
                return row[0] in accounts
            case "kills":
                if row[0] == KillScope.ACCOUNT:
                    return row[1] in accounts
                return row[0] in (KillScope.PARTICIPANT, KillScope.OWN) and row[1] in participants
            case "watches":
                return row[1] in participants
            case "orders" | "mass_cancels" | "links":
                return row[0] in orders
            case "released" | "parked" | "doomed":
                return row in orders
        return row[0] in participants

    moved, rest = {}, dict(state)
    for section in SECTIONS:
        rows = state.get(section, [])
        moved[section] = [row for row in rows if leaves(section, row)]
        rest[section] = [row for row in rows if not leaves(section, row)]
    return _there(moved), _there(rest)


def _there(state: dict[str, Any]) -> dict[str, Any]:
    """Without sections that have nothing: a snapshot leaves most of them out."""
    return {name: value for name, value in state.items() if value or name not in SECTIONS}


def _saved(risk: Risk) -> dict[str, Any]:
    return _there(dict(save(risk)))


def _again(state: State) -> Risk:
    risk = Risk(1)
    load(risk, state)
    return risk


@settings(max_examples=60)
@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=20, max_size=80), slots=SLOTS)
def test_what_leaves_is_every_row_about_who_leaves_and_no_other(seeds: list[int], slots: list[int]) -> None:
    history = RiskHistory()
    for seed in seeds:
        history.act(random.Random(seed))
    _check(_again(save(history.risk)), Leaving(1, slots[0], slots[1], 0))


def test_every_section_has_been_cut() -> None:
    """At one of these places or another of long histories some of each kind leave."""
    cut: set[str] = set()
    for number in range(24):
        history = RiskHistory()
        for step, seed in enumerate(fixed_seeds(f"cut {number}", 300)):
            history.act(random.Random(seed))
            if step % 20 == 0:
                cut |= _check(_again(save(history.risk)), Leaving(1, 0, 1023, 0))
    assert set(SECTIONS) - cut == set()


def _check(risk: Risk, leaving: Leaving) -> set[str]:
    """The sections of which something has left."""
    slots = range(leaving.first_slot, leaving.last_slot + 1)
    leaving_names = {name for name, each in risk.participants.items() if each.slot in slots}
    # No orders are released while slots are on their way, and refusals are told before they go.
    if any(leaving_names & given_up.keys() for given_up in risk.lost.values()):
        return set()
    risk.breaches.clear()
    before = dict(save(risk))
    moved, rest = split(before, slots)
    away = _saved(cut_out(risk, leaving))
    assert {section: away[section] for section in SECTIONS if section in away} == moved
    assert _saved(risk) == rest
    take_in(risk, {**NOBODY, **moved})
    assert save(risk) == before
    return set(moved)
