"""The rules' version, changed while the exchange trades."""

from bulkhead.domain.messages import behaviour
from bulkhead.wire.kinds import ID, TEXT, U16, U63
from bulkhead.wire.table.entry import entry

BEHAVIOUR = (
    entry(121, behaviour.ChangeBehaviour, version=U16, reason=TEXT),
    entry(122, behaviour.TakeBehaviour, change=U63, version=U16, askers=U16, asked=U16),
    entry(123, behaviour.BehaviourTaken, change=U63, shard=ID, version=U16),
    entry(124, behaviour.BehaviourLeft, change=U63, shard=ID, version=U16),
    entry(125, behaviour.BehaviourChanged, change=U63, version=U16),
)
