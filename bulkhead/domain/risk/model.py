"""What one risk shard knows: instruments, participants, accounts, orders."""

from collections.abc import Callable
from typing import Any, NamedTuple

from bulkhead.domain.behaviour import Behaviour
from bulkhead.domain.keys import Permission
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.order_ids import order_id
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.caps import CancelRatio, Caps
from bulkhead.domain.risk.guards import Breach, Protection, Watch
from bulkhead.domain.sessions import Session
from bulkhead.domain.terms import AccountState, OrderType, Phase, Side, TimeInForce

CLIENT_ORDER_IDS_KEPT = 10_000
"""of each account: a client_order_id is unique among its live orders and this many before"""


class Route:
    """To one book partition, with the commands that it has not answered."""

    __slots__ = ("destination", "unanswered")

    def __init__(self, destination: str, unanswered: int = 0) -> None:
        self.destination = destination
        self.unanswered = unanswered


class Instrument:
    __slots__ = (
        "base_asset_id",
        "collar",
        "instrument_id",
        "least_display_lots",
        "lot_units",
        "phase",
        "price_increment_ticks",
        "price_max_ticks",
        "price_min_ticks",
        "quantity_increment_lots",
        "quantity_max_lots",
        "quantity_min_lots",
        "quote_asset_id",
        "route",
        "tick_lot_units",
        "window",
    )

    instrument_id: str
    route: Route
    base_asset_id: str
    quote_asset_id: str
    lot_units: int
    tick_lot_units: int
    price_increment_ticks: int
    price_min_ticks: int
    price_max_ticks: int
    quantity_increment_lots: int
    quantity_min_lots: int
    quantity_max_lots: int
    window: int
    phase: Phase
    least_display_lots: int
    """an iceberg shows so much, or all of itself; 0: any slice will do"""
    collar: tuple[int, int | None] | None
    """per mille, and the price in ticks that orders' prices are held against, if there is one"""

    def __init__(self) -> None:
        self.collar = None


class Participant:
    __slots__ = (
        "accounts",
        "cancel_ratio",
        "caps",
        "commands_in_flight_max",
        "given_up",
        "last_sequence",
        "maker_fee_rate",
        "notional_max",
        "open_orders",
        "open_orders_max",
        "orders_in_second",
        "orders_per_s_max",
        "participant_id",
        "reports",
        "second",
        "slot",
        "taker_fee_rate",
        "unanswered",
    )

    participant_id: str
    reports: str
    """the partition of its reports"""
    slot: int
    maker_fee_rate: int
    taker_fee_rate: int
    open_orders_max: int
    commands_in_flight_max: int
    notional_max: dict[str, int]
    """by quote asset, smallest units: of one order"""
    open_orders: int
    unanswered: int
    """commands sent to books that they have not answered"""
    orders_per_s_max: int
    """0: any number"""
    second: int
    """of the exchange's time, in which an order was taken last; counted only where there is a limit"""
    orders_in_second: int
    last_sequence: int
    """taken last, from the stream that it sent on last"""
    given_up: int
    """how many of the unanswered are not held against it, since a book that is lost may never answer them"""
    accounts: list["Account"]
    """its own, in no order that matters"""
    caps: Caps | None
    cancel_ratio: CancelRatio | None

    def __init__(self) -> None:
        self.accounts = []
        self.caps = self.cancel_ratio = None


class Balance:
    """Of one account in one asset, smallest units. Invariant: 0 <= reserved; reserved <= total, but for what
    fills have cost that were told after their orders had been released (lost_book.py), and what was undone
    of fills (reversal.py).
    """

    __slots__ = ("reserved", "total")

    def __init__(self, total: int = 0, reserved: int = 0) -> None:
        self.total = total
        self.reserved = reserved


class Account:
    """One of a participant's, which knows it from here on."""

    __slots__ = ("account_id", "balances", "live", "participant", "recent", "state")

    def __init__(self, account_id: str, participant: Participant) -> None:
        self.account_id = account_id
        self.participant = participant
        participant.accounts.append(self)
        self.state = AccountState.ACTIVE
        self.balances: dict[str, Balance] = {}
        self.live: dict[str, Order] = {}
        """by client_order_id"""
        self.recent: dict[str, None] = {}
        """client_order_ids taken, oldest first, at most CLIENT_ORDER_IDS_KEPT"""

    def balance(self, asset_id: str) -> Balance:
        balance = self.balances.get(asset_id)
        if balance is None:
            balance = self.balances[asset_id] = Balance()
        return balance

    def available(self, asset_id: str) -> int:
        """What no order has reserved; looking at it opens no balance, so that a refusal changes nothing."""
        balance = self.balances.get(asset_id)
        return 0 if balance is None else balance.total - balance.reserved


class Version(NamedTuple):
    """What a replace asks for."""

    price_ticks: int
    quantity_lots: int
    """the total"""
    maker_fee_rate: int
    taker_fee_rate: int
    stop_price_ticks: int | None = None
    """None: as it is"""


class Link:
    """A pair of orders, until something happens to one of them: never do both trade."""

    __slots__ = ("entry", "filled_lots", "limit", "stop")

    def __init__(
        self, limit: "Order", stop: "Order", entry: "Order | None" = None, filled_lots: int = 0
    ) -> None:
        self.limit = limit
        self.stop = stop
        self.entry = entry
        """the two are its exits and wait for its end; None: it has ended, or they are no exits"""
        self.filled_lots = filled_lots
        """what has traded of the entry"""

    def orders(self) -> "tuple[Order, ...]":
        own = self.limit, self.stop
        return own if self.entry is None else (self.entry, *own)


class Order:
    """One order from acceptance until it has ended and every command about it is answered."""

    __slots__ = (
        "account",
        "amendments",
        "cancel_sent",
        "client_order_id",
        "doomed",
        "ended",
        "executed_lots",
        "fee_basis",
        "instrument",
        "link",
        "maker_fee_rate",
        "order_id",
        "order_type",
        "parked",
        "post_only",
        "price_ticks",
        "quantity_lots",
        "released",
        "reserved",
        "side",
        "taker_fee_rate",
        "terms",
        "time_in_force",
        "triggered",
    )

    order_id: int
    client_order_id: str
    account: Account
    instrument: Instrument
    side: Side
    order_type: OrderType
    """as it was placed"""
    time_in_force: TimeInForce
    post_only: bool
    terms: OrderTerms | None
    """as the participant gave them, but for a stop price that a replace gave since"""
    triggered: bool
    """a stop that has become a market or a limit order"""
    price_ticks: int
    """of the live version; the protection price of an order without a limit"""
    quantity_lots: int
    """the live version's total"""
    executed_lots: int
    """traded, or taken off by self-trade prevention"""
    fee_basis: int
    """sum over fills of rate x notional: floor(fee_basis / 10**7) is what has been charged"""
    maker_fee_rate: int
    taker_fee_rate: int
    reserved: int
    """smallest units of the asset that it pays"""
    amendments: list["Version"]
    """of each replace that the book has not answered, oldest first"""
    cancel_sent: bool
    ended: bool
    """in its book"""
    released: bool
    """has ended for its participant, whatever its book, which was lost, still says of it"""
    link: Link | None
    """with the orders whose fate hangs on this one's; see `linked`"""
    parked: bool
    """an exit that waits for its entry's end. Its quantity is then what the entry has traded"""
    doomed: bool
    """something has happened to the other one of its pair: its book has canceled it, and says so next"""

    @property
    def version(self) -> Version:
        """The live one."""
        return Version(self.price_ticks, self.quantity_lots, self.maker_fee_rate, self.taker_fee_rate)

    @property
    def pays_asset_id(self) -> str:
        """The asset that the order draws on."""
        instrument = self.instrument
        return instrument.quote_asset_id if self.side is Side.BUY else instrument.base_asset_id

    @property
    def pays(self) -> Balance:
        """The balance that the order draws on."""
        return self.account.balance(self.pays_asset_id)


class Packing(NamedTuple):
    """How rows of a snapshot travel in a message: the machines' business, which a machine here is given."""

    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


class Leaving:
    """Slots that leave, and who has not said yet that it says what follows to the new shard."""

    def __init__(self, move_id: int, first_slot: int, last_slot: int, new: int) -> None:
        self.move_id = move_id
        self.first_slot = first_slot
        self.last_slot = last_slot
        self.new = new
        self.books = self.settlements = 0
        """how many shards there are"""
        self.begun = False
        """everybody has been asked"""
        self.awaited: set[str] = set()
        self.deferred: list[int] = []
        """orders whose cancels the new shard is to send, in that order"""


class Coming:
    """Slots that come, and what has come of them, as it was sent: section, rows."""

    def __init__(self, move_id: int) -> None:
        self.move_id = move_id
        self.pieces: list[tuple[str, bytes]] = []


class Risk:
    """The state of one risk shard."""

    def __init__(self, shard: int, packing: Packing | None = None) -> None:
        self.shard = shard
        self._packing = packing
        self.leaving: Leaving | None = None
        self.retired_settlement: set[int] = set()
        """settlement shards that are told nothing any more"""
        self.coming: Coming | None = None
        self.behaviour = Behaviour(f"risk/{shard}", "books")
        self.time_ms = 0
        self.tick = 0
        self.assets: dict[str, int] = {}
        """decimals by asset"""
        self.routes: dict[str, Route] = {}
        self.instruments: dict[str, Instrument] = {}
        self.early_phases: dict[str, Phase] = {}
        """told by a book before control's definition came: there is no order between two streams"""
        self.early_collars: dict[str, tuple[int, int | None]] = {}
        """as early_phases"""
        self.participants: dict[str, Participant] = {}
        self.accounts: dict[str, Account] = {}
        self.early_deposits: dict[str, list[tuple[str, int]]] = {}
        """(asset, amount) by account, told by settlement before control's OpenAccount came"""
        self.sessions: dict[bytes, Session] = {}
        """by public key"""
        self.restricted: dict[bytes, Permission] = {}
        """what those keys may do that may not do everything"""
        self.lost: dict[str, dict[str, int]] = {}
        """instruments whose orders are released and whose book has not said BookCleared: each participant's
        commands there that are given up"""
        self.orders: dict[int, Order] = {}
        self.orders_issued = 0
        self.mass_cancels: dict[int, Reason] = {}
        """by order: why its participant will be told that it has ended, where the cancel on its way is a mass
        cancel's"""
        self.kills: dict[tuple[KillScope, str], int] = {}
        """the kill switches that are on, by what they stop, and since when, in the exchange's time"""
        self.watches: dict[bytes, Watch] = {}
        """by public key: sessions that have asked for cancel on disconnect"""
        self.speaking: Watch | None = None
        """that of the session whose event is being applied, if it has one"""
        self.protections: dict[tuple[str, str], Protection] = {}
        """by participant and quote group"""
        self.breaches: dict[tuple[str, Reason], Breach] = {}
        """refusals that the risk desk has not been told of, by participant and reason"""
        self.breaches_second = 0
        """of the exchange's time, in which they were refused, or began to be"""
        self.near: set[tuple[str, Reason, str, str]] = set()
        """limits that are nearly used up, and the desk has been told: participant, reason, account and asset,
        "" for none"""

    @property
    def packing(self) -> Packing:
        assert self._packing is not None  # a machine that the factory has made has it
        return self._packing

    def is_leaving(self, participant: Participant) -> bool:
        """Whether nothing is said of it to books any more."""
        leaving = self.leaving
        if leaving is None or not leaving.begun:
            return False
        return leaving.first_slot <= participant.slot <= leaving.last_slot

    def begin_anew(self) -> None:
        """Forget everything but what the machine was made with."""
        self.__init__(self.shard, self._packing)  # type: ignore[misc]  # nothing of the old state may stay

    def next_order_id(self) -> int:
        self.orders_issued += 1
        return order_id(self.shard, self.orders_issued)
