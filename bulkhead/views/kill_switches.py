"""Which kill switches stand, from what risk shards have said: no shard has to run for it."""

from contextlib import closing
from typing import NamedTuple

from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.kill_switch import KillScope, KillSwitchThrown
from bulkhead.domain.messages.risk_events import TradingStopped
from bulkhead.log.port import Log
from bulkhead.views.risk_events import RiskEvents
from bulkhead.views.told import ToldReader
from bulkhead.wire.authentication import Verifier


class StandingSwitch(NamedTuple):
    scope: KillScope
    name: str
    since_ms: int
    """the exchange's time, milliseconds since 1970, at the shard that obeyed first"""
    risk_shards: tuple[int, ...]
    """those that have said that they obey it, and not that it is lifted"""


def standing_switches(log: Log, verifier: Verifier, reader_name: str) -> list[StandingSwitch]:
    """Those that operators have thrown, by scope and name. `verifier` is for DECISIONS. TemporaryError,
    FatalError: the log's.
    """
    obeying: dict[tuple[KillScope, str], dict[int, int]] = {}
    with closing(ToldReader(log, DECISIONS, verifier, reader_name)) as reader:
        for told in reader.so_far():
            thrown = told.message
            if isinstance(thrown, KillSwitchThrown) and thrown.scope is not KillScope.OWN:
                shards = obeying.setdefault((thrown.scope, thrown.name), {})
                if thrown.on:
                    shards[thrown.risk_shard] = thrown.since_ms
                else:
                    shards.pop(thrown.risk_shard, None)
    return _standing(obeying)


def standing_own_switches(events: RiskEvents) -> list[StandingSwitch]:
    """Those that participants have thrown themselves, from what the risk desk is told, of which nothing may
    have been read before. TemporaryError, FatalError: the log's.
    """
    obeying: dict[tuple[KillScope, str], dict[int, int]] = {}
    for shard, event in events.so_far():
        if isinstance(event, TradingStopped) and event.scope is KillScope.OWN:
            shards = obeying.setdefault((event.scope, event.name), {})
            if event.on:
                shards.setdefault(shard, event.time_ms)
            else:
                shards.pop(shard, None)
    return _standing(obeying)


def _standing(obeying: dict[tuple[KillScope, str], dict[int, int]]) -> list[StandingSwitch]:
    """`obeying`: by switch, since when each shard does."""
    return [
        StandingSwitch(*switch, min(shards.values()), tuple(sorted(shards)))
        for switch, shards in sorted(obeying.items())
        if shards
    ]
