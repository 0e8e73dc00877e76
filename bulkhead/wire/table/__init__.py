"""The one table of the wire: every message's number, who says it, and its fields in order with their kinds;
one file for each pair of those who speak.

The codec is built from it; docs/wire.md and the native engine's messages are written from it. Numbers are
1 to 255 and never reused; fields are only ever added at the end.
"""

from bulkhead.wire.table.behaviour import BEHAVIOUR
from bulkhead.wire.table.control import CONTROL, DECISIONS
from bulkhead.wire.table.dead_letters import DEAD_LETTERS
from bulkhead.wire.table.entry import Entry
from bulkhead.wire.table.guards import GUARDS
from bulkhead.wire.table.ingress import INGRESS
from bulkhead.wire.table.kill_switch import KILL_SWITCH
from bulkhead.wire.table.lanes import LANES
from bulkhead.wire.table.limits import APPROVALS, LIMITS
from bulkhead.wire.table.linked import LINKED
from bulkhead.wire.table.listing import LISTING
from bulkhead.wire.table.market_data import MARKET_DATA, MARKET_SNAPSHOTS
from bulkhead.wire.table.mass import MASS
from bulkhead.wire.table.moving import MOVING
from bulkhead.wire.table.orders import ANSWERS, ORDERS
from bulkhead.wire.table.participant import PARTICIPANT
from bulkhead.wire.table.processes import PROCESSES
from bulkhead.wire.table.quarantine import QUARANTINE
from bulkhead.wire.table.quotes import QUOTES
from bulkhead.wire.table.reports import REPORTS
from bulkhead.wire.table.reversal import REVERSAL
from bulkhead.wire.table.risk_events import RISK_EVENTS
from bulkhead.wire.table.settlement import SETTLEMENT
from bulkhead.wire.table.settlement_shards import SETTLEMENT_SHARDS
from bulkhead.wire.table.shards import SHARDS
from bulkhead.wire.table.trading import TRADING

__all__ = [
    "ANSWERS",
    "APPROVALS",
    "BEHAVIOUR",
    "CONTROL",
    "DEAD_LETTERS",
    "DECISIONS",
    "GUARDS",
    "INGRESS",
    "KILL_SWITCH",
    "LANES",
    "LIMITS",
    "LINKED",
    "LISTING",
    "MARKET_DATA",
    "MARKET_SNAPSHOTS",
    "MASS",
    "MOVING",
    "ORDERS",
    "PARTICIPANT",
    "PROCESSES",
    "QUARANTINE",
    "QUOTES",
    "REPORTS",
    "REVERSAL",
    "RISK_EVENTS",
    "SETTLEMENT",
    "SETTLEMENT_SHARDS",
    "SHARDS",
    "TABLE",
    "TRADING",
    "Entry",
]

TABLE = (
    PARTICIPANT
    + ORDERS
    + ANSWERS
    + SETTLEMENT
    + MARKET_DATA
    + MARKET_SNAPSHOTS
    + CONTROL
    + TRADING
    + INGRESS
    + DECISIONS
    + QUARANTINE
    + REPORTS
    + DEAD_LETTERS
    + MASS
    + REVERSAL
    + LINKED
    + QUOTES
    + LIMITS
    + LISTING
    + PROCESSES
    + MOVING
    + SHARDS
    + SETTLEMENT_SHARDS
    + LANES
    + APPROVALS
    + BEHAVIOUR
    + KILL_SWITCH
    + GUARDS
    + RISK_EVENTS
)

NUMBERS = range(1, 256)

if len({e.number for e in TABLE}) != len(TABLE) or any(e.number not in NUMBERS for e in TABLE):
    raise TypeError("wire table: type numbers are unique, and 1 to 255")
