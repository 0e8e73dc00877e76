"""The participant's SDK.

from bulkhead.client import connect

with connect(".bulkhead/dev/connection.json", "alice", state="alice.state") as client:
    order = client.place("alice.main", "BTC-USD", "buy", "0.25", "60000.00")
    for report in client.reports(timeout_s=1.0):
        print(report.sequence, report.message)
"""

from bulkhead.client.client import Client
from bulkhead.client.connect import connect
from bulkhead.client.connection import Connection
from bulkhead.client.errors import ClientError, NoExchange, ReportsBroken, SessionLost, WindowFull
from bulkhead.client.link import Session
from bulkhead.client.linked import Linked
from bulkhead.client.market import follow_market
from bulkhead.client.quotes import Quote
from bulkhead.client.report import Report
from bulkhead.client.terms import Leg

__all__ = [
    "Client",
    "ClientError",
    "Connection",
    "Leg",
    "Linked",
    "NoExchange",
    "Quote",
    "Report",
    "ReportsBroken",
    "Session",
    "SessionLost",
    "WindowFull",
    "connect",
    "follow_market",
]
