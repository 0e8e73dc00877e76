"""What stops somebody, and what a risk desk has not been told: its part of a risk shard's snapshot. Nothing
of it is in the snapshots of an exchange that has none: they stay what they were.
"""

from bulkhead.domain.integers import amount_from_bytes, to_bytes
from bulkhead.domain.machine import State
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.guards import Breach, Protection, Watch
from bulkhead.domain.risk.model import Risk


def save_guards(risk: Risk) -> dict[str, State]:
    found: dict[str, State] = {
        "kills": [[int(scope), name, since_ms] for (scope, name), since_ms in sorted(risk.kills.items())],
        "watches": [
            [public_key, watch.participant_id, watch.after_ms, watch.silent_ms]
            for public_key, watch in sorted(risk.watches.items())
        ],
        "protections": [
            [*group, _protection(protection)] for group, protection in sorted(risk.protections.items())
        ],
        "breaches": [
            [name, int(reason), each.count, each.account_id, to_bytes(each.bound), to_bytes(each.actual)]
            for (name, reason), each in sorted(risk.breaches.items())
        ],
        "near": [[name, int(reason), *which] for name, reason, *which in sorted(risk.near)],
    }
    if risk.breaches:
        found["breaches_second"] = risk.breaches_second
    return {name: state for name, state in found.items() if state}


def load_guards(risk: Risk, state: State) -> None:
    for scope, name, since_ms in state.get("kills", ()):
        risk.kills[KillScope(scope), name] = since_ms
    for public_key, name, after_ms, silent_ms in state.get("watches", ()):
        risk.watches[public_key] = Watch(name, after_ms, silent_ms)
    for name, group, saved in state.get("protections", ()):
        risk.protections[name, group] = _restored_protection(saved)
    for name, reason, account_id, asset_id in state.get("near", ()):
        risk.near.add((name, Reason(reason), account_id, asset_id))


def load_breaches(risk: Risk, state: State) -> None:
    risk.breaches = {
        (name, Reason(reason)): Breach(count, account_id, amount_from_bytes(bound), amount_from_bytes(actual))
        for name, reason, count, account_id, bound, actual in state.get("breaches", ())
    }
    risk.breaches_second = state.get("breaches_second", 0)


def _protection(protection: Protection) -> State:
    return [
        protection.window_ms,
        protection.lots_max,
        protection.fills_max,
        [list(entry) for entry in protection.filled],
        None if protection.tripped_by is None else list(protection.tripped_by),
    ]


def _restored_protection(saved: State) -> Protection:
    protection = Protection(*saved[:3])
    protection.filled = [(time_ms, lots, fills) for time_ms, lots, fills in saved[3]]
    protection.tripped_by = None if saved[4] is None else (saved[4][0], saved[4][1])
    return protection
