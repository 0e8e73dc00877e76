"""What one book partition knows."""

from bulkhead.domain.behaviour import Behaviour
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book_partition.kept_trades import KeptTrades
from bulkhead.domain.book_partition.regime import Regime
from bulkhead.domain.machine import Outbox
from bulkhead.domain.order_ids import risk_shard

SLOTS = 1024


class Ticket:
    """What the machine keeps beside a BookOrder, as its `owner`."""

    __slots__ = (
        "account_id",
        "fee_basis",
        "maker_fee_rate",
        "quote_group",
        "risk",
        "shown_lots",
        "slot",
        "taker_fee_rate",
    )

    def __init__(
        self,
        account_id: str,
        risk: str,
        slot: int,
        maker_fee_rate: int,
        taker_fee_rate: int,
        quote_group: str = "",
        fee_basis: int = 0,
    ) -> None:
        self.account_id = account_id
        self.risk = risk
        """the partition that its answers go to"""
        self.slot = slot
        self.maker_fee_rate = maker_fee_rate
        self.taker_fee_rate = taker_fee_rate
        self.quote_group = quote_group
        """the participant's name for orders that it means to cancel together"""
        self.fee_basis = fee_basis
        """sum over fills of rate x notional (domain/fees.py)"""
        self.shown_lots = 0
        """what the public feed has told that it shows; belongs to `public_feed`"""


class TradedInstrument:
    __slots__ = (
        "book",
        "instrument_id",
        "kept_trades",
        "lot_units",
        "regime",
        "tick_lot_units",
        "trades",
    )

    def __init__(
        self,
        instrument_id: str,
        lot_units: int,
        tick_lot_units: int,
        price_range_ticks: tuple[int, int],
        pro_rata: ProRata | None = None,
    ) -> None:
        self.instrument_id = instrument_id
        self.lot_units = lot_units
        self.tick_lot_units = tick_lot_units
        self.book = Book(pro_rata)
        self.book.price_range_ticks = price_range_ticks
        self.regime = Regime()
        self.trades = 0
        """trade ids given"""
        self.kept_trades = KeptTrades()


class BookPartition:
    """The state of one book partition."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.market_data = f"market_data/{partition}"
        self.behaviour = Behaviour(f"book/{partition}", "settlement")
        self.tick = 0
        self.time_ms = 0
        self.risk_shards = 0
        self.retired: set[int] = set()
        """risk shards that are told nothing any more"""
        self.instruments: dict[str, TradedInstrument] = {}
        self.settlement = [""] * SLOTS
        """by slot: the partition that settles its accounts"""
        self.moved: dict[int, int] = {}
        """by slot that has moved: the risk shard that has its participants"""

    def all_risk(self) -> list[str]:
        """The partitions of the risk shards that there are."""
        return [f"orders/{shard}" for shard in range(self.risk_shards) if shard not in self.retired]

    def risk_of(self, order_id: int, slot: int) -> str:
        """The partition of the risk shard that has an order."""
        shard = self.moved.get(slot)
        return risk_partition(order_id) if shard is None else f"orders/{shard}"

    def asker(self, order_id: int, out: Outbox) -> str:
        """The partition of the risk shard that asks something of an order that may not be there."""
        if not self.moved:
            return risk_partition(order_id)
        return out.source.replace("risk/", "orders/")


def ticket(order: BookOrder) -> Ticket:
    owner = order.owner
    assert isinstance(owner, Ticket)
    return owner


def risk_partition(order_id: int) -> str:
    """Of the shard that issued the order's id: until slots move it is the one that has it."""
    return f"orders/{risk_shard(order_id)}"
