"""Risk shards that are added and ended."""

from bulkhead.domain.messages import shards
from bulkhead.wire.kinds import TEXT, U16, U63
from bulkhead.wire.table.entry import entry
from bulkhead.wire.table.kill_switch import SCOPE

SHARDS = (
    entry(92, shards.AddRiskShard, risk_shard=U16, reason=TEXT),
    entry(93, shards.RetireRiskShard, risk_shard=U16, reason=TEXT),
    entry(94, shards.GiveDefinitions, move_id=U63, new=U16),
    entry(95, shards.SwitchStands, scope=SCOPE, name=TEXT, since_ms=U63),
    entry(96, shards.DefinitionsGiven, move_id=U63),
    entry(97, shards.ShardRetired, risk_shard=U16),
)
