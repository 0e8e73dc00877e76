"""At rest: every risk shard knows what all of them have to know, and one that has ended knows nobody."""

from typing import Any

from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.risk.model import Instrument, Risk
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence

_OWN = ("route", "phase", "collar")
"""of an instrument, what books tell, or counts"""
_OF_ALL = (KillScope.INSTRUMENT, KillScope.EVERYTHING)


def check_shards(evidence: Evidence) -> None:
    known = [(name, _known(evidence.domain(name).risk)) for name in evidence.risk_shards()]
    for name, knows in known[1:]:
        for what, here in knows.items():
            must(here == known[0][1][what], f"{name} knows other {what} than {known[0][0]}: {here}")
    control = evidence.domain("control/0").control
    for number in sorted(control.retired):
        risk: Risk = evidence.domain(f"risk/{number}").risk
        left = [*risk.participants, *risk.accounts, *risk.orders]
        must(not left, f"risk/{number} has ended, and has {left}")
        for name in evidence.shards("book"):
            told = evidence.domain(name).partition.retired
            must(number in told, f"{name} does not know that risk/{number} has ended")


def _known(risk: Risk) -> dict[str, Any]:
    return {
        "assets": risk.assets,
        "instruments": {name: _definition(each) for name, each in risk.instruments.items()},
        "collars": {name: each.collar for name, each in risk.instruments.items()},
        "kill switches": sorted(switch for switch in risk.kills if switch[0] in _OF_ALL),
        "rules": risk.behaviour.version,
    }


def _definition(instrument: Instrument) -> dict[str, Any]:
    fields = (name for name in Instrument.__slots__ if name not in _OWN)
    return {**{name: getattr(instrument, name) for name in fields}, "book": instrument.route.destination}
