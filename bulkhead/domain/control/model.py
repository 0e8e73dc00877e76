"""What the control machine must know to distribute."""

from bulkhead.domain.sessions import Session

SLOTS = 1024


class Control:
    def __init__(self) -> None:
        self.tick = 0
        self.time_ms = 0
        self.behaviour_version = 0
        self.risk_shards = 0
        self.book_shards = 0
        self.settlement_shards = 0
        self.risk = [0] * SLOTS
        """risk shard by slot"""
        self.settlement = [0] * SLOTS
        """settlement shard by slot"""
        self.participants: dict[str, int] = {}
        """slot by participant"""
        self.accounts: dict[str, str] = {}
        """participant by account"""
        self.keys: dict[bytes, str] = {}
        """participant by public key; nobody ("") for one that was revoked"""
        self.ingress: set[str] = set()
        """participants whose frames come through a gateway"""
        self.operators: dict[bytes, Session] = {}
        """by public key: what it has decided so far"""
        self.instruments: dict[str, int] = {}
        """book partition by instrument"""
