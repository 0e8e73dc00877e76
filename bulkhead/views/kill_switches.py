"""Which kill switches stand, from what risk shards have said to operators: no shard has to run for it."""

from contextlib import closing
from typing import NamedTuple

from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.kill_switch import KillScope, KillSwitchThrown
from bulkhead.log.port import Log
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
    """By scope and name. `verifier` is for DECISIONS. TemporaryError, FatalError: the log's."""
    obeying: dict[tuple[KillScope, str], dict[int, int]] = {}
    with closing(ToldReader(log, DECISIONS, verifier, reader_name)) as reader:
        for told in reader.so_far():
            thrown = told.message
            if isinstance(thrown, KillSwitchThrown):
                shards = obeying.setdefault((thrown.scope, thrown.name), {})
                if thrown.on:
                    shards[thrown.risk_shard] = thrown.since_ms
                else:
                    shards.pop(thrown.risk_shard, None)
    return [
        StandingSwitch(*switch, min(shards.values()), tuple(sorted(shards)))
        for switch, shards in sorted(obeying.items())
        if shards
    ]
