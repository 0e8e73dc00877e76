"""What a topology file says: the one description of an exchange, field by field.

The models check each value by itself; `validate` checks the values against each other. The text under a
field is its description in the JSON Schema, so an editor shows it while the file is written.
"""

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from bulkhead.domain.keys import EVERYTHING, Permission
from bulkhead.topology.base import Model
from bulkhead.topology.limits import Approvals, Limits, PriceCollar
from bulkhead.topology.placing import Placement
from bulkhead.topology.values import (
    AdminUrl,
    DecimalText,
    ExchangeId,
    Flag,
    Id,
    KeyName,
    NodeName,
    RedisUrl,
    ServiceUrl,
    ShardGlob,
    Slots,
    Tenant,
    TimeOfDay,
    WholeNumber,
    later,
    shape,
)


class Clock(Model):
    """The exchange's own time: machines read no clock, they are told by ticks."""

    tick_ms: Annotated[WholeNumber, Field(ge=10, le=60_000)] = 100
    """Milliseconds between two ticks. Expiry and rate limits are no finer than this."""


class Asset(Model):
    """Something that is owned and traded: a currency, a coin."""

    decimals: Annotated[WholeNumber, Field(ge=0, le=18)]
    """How many decimals the smallest unit has; all amounts are whole numbers of it. 8: 0.00000001."""


TimedPhase = Literal["pre_open", "auction", "continuous", "closing_auction", "closed"]
"""What a time of day may bring."""


class ProRata(Model):
    """How the orders of one price share an arriving one: in proportion to what they show."""

    top_order: Flag = False
    """Whether the order that bettered the market goes first at its price."""
    minimum_lots: Annotated[WholeNumber, Field(ge=1, le=2**62)] = 1
    """A share in proportion that is smaller than so many lots is none."""


class Bands(Model):
    """No trade in continuous trading is outside; an order that would trade there begins an interruption."""

    static: DecimalText | None = None
    """How far from the reference price, that of the last auction, a trade may be, in the quote asset."""
    dynamic: DecimalText | None = None
    """How far from the last trade price a trade may be, in the quote asset."""
    reference: DecimalText | None = None
    """The reference price until the first auction has one."""
    interruption_s: Annotated[WholeNumber, Field(ge=0, le=86_400)] = 120
    """An interruption, a volatility auction, is uncrossed after so many seconds. 0: when an operator ends
    it."""


class CircuitBreaker(Model):
    """Trades too far apart in too short a time change the phase."""

    move: DecimalText
    """How far apart trades may be within the window, in the quote asset."""
    window_s: Annotated[WholeNumber, Field(ge=0, le=86_400)]
    """How many seconds are looked back."""
    phase: Literal["halted", "pre_open", "auction", "volatility_auction"] = "halted"
    """The phase that it brings: halted, or a call, in which orders gather."""
    pause_s: Annotated[WholeNumber, Field(ge=0, le=86_400)] = 0
    """How many seconds it lasts. 0: until an operator ends it."""


class Instrument(Model):
    """A market: the base asset traded for the quote asset."""

    base: Id
    """The asset that is bought and sold."""
    quote: Id
    """The asset that it is paid in."""
    price_increment: DecimalText
    """Prices are whole multiples of it, in the quote asset for one of the base asset."""
    quantity_increment: DecimalText
    """Quantities are whole multiples of it, in the base asset."""
    tick: DecimalText | None = None
    """What prices are counted in. Left out: price_increment. It stays for ever, an increment may change."""
    lot: DecimalText | None = None
    """What quantities are counted in. Left out: quantity_increment. It stays for ever."""
    price_min: DecimalText
    """The lowest price that an order may have."""
    price_max: DecimalText
    """The highest price that an order may have."""
    quantity_min: DecimalText
    """The smallest quantity that an order may have."""
    quantity_max: DecimalText
    """The largest quantity that an order may have."""
    trading: Literal["continuous", "halted", "retired"] = "continuous"
    """continuous: orders match on arrival. halted: only cancels are taken, until an operator resumes it.
    retired: it is never traded again; it stays in the file, since its id is never given again."""
    phases: dict[TimeOfDay, TimedPhase] = Field(default_factory=dict)
    """The timetable of every day: time of day in UTC, in quotes, such as "08:00" -> the phase that comes. A
    call that ends in continuous or closed is uncrossed. Left out: phases change by operators only."""
    bands: Bands | None = None
    """Price bands. Left out: none."""
    circuit_breaker: CircuitBreaker | None = None
    """Left out: none."""
    early_auction_orders: Flag = False
    """Whether at_open and at_close orders that come before their auction wait for it, unseen. Left out: they
    are refused."""
    least_display_quantity: DecimalText | None = None
    """An iceberg shows so much at least, or, where it is smaller, all of itself. Left out: any slice."""
    price_collar: PriceCollar | None = None
    """How much worse than the market an order's price may be for its owner. Left out: as much as it likes."""
    matching: Literal["price-time", "pro-rata"] = "price-time"
    """Which orders of one price trade first. price-time: the oldest. pro-rata: all of them share."""
    pro_rata: ProRata | None = None
    """pro-rata: how they share. Left out: no top order, shares of any size."""

    @property
    def tick_size(self) -> Decimal:
        """The price of one tick, in the quote asset for one of the base asset."""
        return self.price_increment if self.tick is None else self.tick

    @property
    def lot_size(self) -> Decimal:
        """The quantity of one lot, in the base asset."""
        return self.quantity_increment if self.lot is None else self.lot


class Fees(Model):
    """What a trade costs: rates of the price paid, at most 7 decimals, stamped on an order at acceptance."""

    maker: DecimalText
    """The rate for the order that was resting in the book. A negative one is paid out, as a rebate."""
    taker: DecimalText
    """The rate for the order that arrived and traded."""


EngineName = Literal["native", "reference"]


class AccountShards(Model):
    """Shards that own accounts: a participant has the slot murmur3-32(id) mod 1024, a shard has slots."""

    count: Annotated[WholeNumber, Field(ge=1, le=1024)]
    """How many shards, numbered from 0. They share the 1024 slots evenly, in order."""
    slots: dict[int, tuple[Slots, ...]] = Field(default_factory=dict)
    """Exceptions to the even share: shard number -> slots or ranges of slots, such as ["64-127"]."""

    retired: tuple[Annotated[WholeNumber, Field(ge=0, le=1023)], ...] = ()
    """Numbers of shards that were taken away, for ever: counted by `count`, without slots and process."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the shards that there are."""
        return tuple(number for number in range(self.count) if number not in self.retired)


class RiskShards(AccountShards):
    """Shards that check and reserve before an order goes to its book, and report to participants."""

    commands_in_flight_max: Annotated[WholeNumber, Field(ge=1, le=1_000_000)] = 20_000
    """How many commands one risk shard may have unanswered at one book; it refuses more (instrument_busy)."""


class SettlementShards(AccountShards):
    """Shards that keep the ledger: balances, trades' two legs, fees."""


class BookPartition(Model):
    """One partition of the books topic and the actor that reads it. The first of the list is book/0."""

    instruments: tuple[Id, ...] = Field(min_length=1)
    """The instruments that are matched here: each its own, or several that are traded little."""


class View(Model):
    """A reader that keeps for people what books and risk shards tell. The first is view/0."""

    books: tuple[ShardGlob, ...] = ()
    """The books whose depth and trades it follows, such as book/0 or book/*."""
    accounts: tuple[ShardGlob, ...] = ()
    """The risk shards whose accounts it follows, such as risk/0 or risk/*. It does all their work again."""


class Shards(Model):
    """How the work is divided. Every shard is one actor with one log partition to read."""

    risk: RiskShards
    """Shards that check and reserve before an order goes to its book."""
    settlement: SettlementShards
    """Shards that keep the ledger."""
    books: tuple[BookPartition, ...] = Field(min_length=1, max_length=65_536)
    """The book partitions in order: book/0, book/1, … Append new ones at the end; places are never reused."""
    views: tuple[View, ...] = ()
    """Readers for people: view/0, view/1, …"""
    ingress: Literal["direct", "gateway"] | None = None
    """How participants' frames reach a risk shard. direct: each writes to the shard's partition, and a flood
    of one makes the others wait. gateway: each writes to a topic of its own, and the shards ingress/0,
    ingress/1, …, one for each risk shard, forward what verifies. Left out: gateway where the log is secured,
    else direct."""
    engine: EngineName | None = None
    """What computes books, risk, settlement and views. native: Rust. reference: plain Python, the same
    results, slower. Left out: native where it is built. A boundary may say otherwise for what it contains."""


class AccountRange(Model):
    """Many accounts with one prefix: {prefix: desk., count: 25} means desk.00 to desk.24."""

    prefix: Id
    """What all names begin with."""
    count: Annotated[WholeNumber, Field(ge=1, le=10_000)]
    """How many. They are numbered from 0, with as many digits as the last one needs."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The account ids in order."""
        digits = len(str(self.count - 1))
        return tuple(f"{self.prefix}{number:0{digits}d}" for number in range(self.count))


Accounts = Annotated[
    Annotated[tuple[Id, ...], Field(min_length=1), Tag("<list>")] | Annotated[AccountRange, Tag("<range>")],
    Discriminator(shape("<list>", "<range>")),
]


_PERMISSIONS = {
    "trade": Permission.TRADE,
    "cancel": Permission.CANCEL,
    "withdraw": Permission.WITHDRAW,
    "read": Permission(0),
}
May = Literal["trade", "cancel", "withdraw", "read"]
ParticipantKeys = Annotated[
    Annotated[tuple[KeyName, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[
        dict[KeyName, Annotated[tuple[May, ...], Field(min_length=1)]], Field(min_length=1), Tag("<mapping>")
    ],
    Discriminator(
        shape("<list>", "<mapping>"),
        custom_error_type="keys_type",
        custom_error_message="neither a list nor a mapping",
    ),
]


class Participant(Model):
    """Somebody who trades: one stream of signed commands, one stream of reports."""

    keys: ParticipantKeys
    """Names of the Ed25519 keys that sign its commands; never their bytes. A list: each may do everything. A
    mapping says what each may do: {desk: [trade], night: [cancel], audit: [read]}; every key may read. `up`
    makes missing ones in development."""
    accounts: Accounts
    """Its accounts: a list of ids, or {prefix, count} for many."""
    balances: dict[Id, DecimalText] = Field(default_factory=dict)
    """Development only: what each of its accounts is given at the start, asset -> amount."""
    limits: Limits = Limits()
    """What it may have open at once."""

    @property
    def permissions(self) -> dict[str, Permission]:
        """What each of its keys may do, in the file's order."""
        if not isinstance(self.keys, dict):
            return dict.fromkeys(self.keys, EVERYTHING)
        return {
            name: reduce(or_, (_PERMISSIONS[each] for each in may), Permission(0))
            for name, may in self.keys.items()
        }

    @property
    def account_ids(self) -> tuple[str, ...]:
        """Its account ids in the file's order."""
        return self.accounts.ids if isinstance(self.accounts, AccountRange) else self.accounts


class Restarts(Model):
    """How often the shards of a boundary may be restarted before it counts as failed."""

    budget: Annotated[WholeNumber, Field(ge=0, le=1_000)]
    """How many restarts."""
    within_s: Annotated[WholeNumber, Field(ge=1, le=86_400)]
    """In how many seconds."""


class Boundary(Model):
    """What fails together, and what happens then. Every shard is in exactly one boundary."""

    contains: tuple[ShardGlob, ...] = Field(min_length=1)
    """Its shards: risk/0, or a pattern such as book/*."""
    isolation: Literal["process", "node", "zone"] = "process"
    """What holds it apart. process: every shard is an operating system process of its own. node: it has the
    nodes that it names for itself, and its replicas are on different ones. zone: the same of zones."""
    nodes: Annotated[tuple[NodeName, ...], Field(min_length=1, max_length=2)] | None = None
    """The nodes that it is on: one for all its processes, or one for the first replica of each shard and one
    for the second. Left out, as zones is: on the head, where `bulkhead up` is typed."""
    zones: Annotated[tuple[NodeName, ...], Field(min_length=1, max_length=2)] | None = None
    """The zones that it is in, as for nodes: its processes are spread over the nodes of that zone which no
    other boundary has for itself; while one node is away they are restarted on the others."""
    memory_mib: Annotated[WholeNumber, Field(ge=128, le=4_194_304)] | None = None
    """How much memory each of its processes may have, in MiB, of which an idle one takes 80. One that needs
    more dies, and is restarted within the budget. Left out: what the machine has."""
    cpus: Annotated[WholeNumber, Field(ge=1, le=1_024)] | None = None
    """On how many cores each of its processes may run. Left out: all that the machine has."""
    restarts: Restarts
    """How often its shards may be restarted."""
    then: Annotated[Literal["halt"], later("failover", "degrade")] = "halt"
    """What happens when the budget is spent. halt: its shards stay down until an operator acts."""
    replicas: Literal["none", "standby", "active"] = "none"
    """Copies that take over. none: a shard is restarted from its snapshot. standby: each shard is two
    processes, of which one applies everything and sends nothing until it takes over. active: both send, and
    whoever reads drops what it has had."""
    engines: Annotated[tuple[EngineName, ...], Field(min_length=1, max_length=2)] | None = None
    """What computes the books, risk and settlement shards and views within: [native] for all replicas, or
    [native, reference] for the first and the second, which compare what they say. Left out: as shards.engine
    says."""
    suspect_after_ms: Annotated[WholeNumber, Field(ge=100, le=60_000)] = 500
    """standby, active: so long a primary may be silent before its replica takes over. One that is killed is
    noticed at once; being wrong is harmless."""


class Keys(Model):
    """The exchange's own secrets, by name. `up` makes missing ones in development."""

    internal: KeyName = "internal"
    """The key that authenticates frames from one shard to another."""
    operators: tuple[KeyName, ...] = Field(default=("operator",), min_length=1)
    """Ed25519 keys whose signed decisions the control shard obeys."""


class LogSettings(Model):
    """Where frames are kept, in order. Everything else can be rebuilt from it."""

    adapter: Literal["sqlite", "pulsar"] = "sqlite"
    """sqlite: files on this machine. pulsar: topics of a Pulsar cluster, in the namespace TENANT/EXCHANGE."""
    directory: str | None = Field(default=None, min_length=1)
    """sqlite: a folder, relative to this file. Left out: .bulkhead/EXCHANGE/log."""
    durability: Literal["normal", "full"] = "normal"
    """sqlite: normal survives the death of any process, full a power cut too, and is slower."""
    service_url: ServiceUrl | None = None
    """pulsar: where clients connect. pulsar+ssl: with TLS and tokens. Left out: pulsar://127.0.0.1:6650."""
    admin_url: AdminUrl | None = None
    """pulsar: the REST API of that cluster, which `up` makes topics with. Left out: http://127.0.0.1:8080,
    with pulsar+ssl https://127.0.0.1:8443."""
    tenant: Tenant | None = None
    """pulsar: whose namespace it is, made where it is missing. Left out: bulkhead."""
    ca: str | None = Field(default=None, min_length=1)
    """pulsar+ssl: the file with the certificate of the cluster's authority (PEM), relative to this file. Left
    out: this machine's own authorities."""
    tokens: str | None = Field(default=None, min_length=1)
    """pulsar+ssl: the folder of the tokens, ROLE.jwt each, relative to this file. Left out:
    .bulkhead/EXCHANGE/tokens."""
    token_key: str | None = Field(default=None, min_length=1)
    """Development, pulsar+ssl: the file of the private key that `up` makes missing tokens with, as
    `bulkhead broker start --secure` has made it."""

    @property
    def secured(self) -> bool:
        """TLS, tokens and permissions."""
        return self.service_url is not None and self.service_url.startswith("pulsar+ssl:")


class SnapshotSettings(Model):
    """Shards' states, saved so that a restart reads only the end of the log."""

    adapter: Annotated[Literal["files", "redis"], later("s3")] = "files"
    """files: one file each, on this machine. redis: in a Redis server, under the exchange's name."""
    directory: str | None = Field(default=None, min_length=1)
    """files: a folder, relative to this file. Left out: .bulkhead/EXCHANGE/snapshots."""
    url: RedisUrl | None = None
    """redis: where it is, and which database. Left out: redis://127.0.0.1:6379/0."""
    password_file: str | None = Field(default=None, min_length=1)
    """redis: the file, relative to this one, that holds its password. Left out: it asks for none."""
    every_events: Annotated[WholeNumber, Field(ge=1, le=1_000_000_000)] = 100_000
    """A shard saves after this many events …"""
    every_ticks: Annotated[WholeNumber, Field(ge=1, le=1_000_000_000)] = 600
    """… or after this many ticks in which something happened, whatever comes first. Saving is a tenth of its
    time at most.
    """
    keep: Annotated[WholeNumber, Field(ge=1, le=1_000)] = 3
    """How many to keep of each shard."""


class ViewSettings(Model):
    """From where what the views know is served."""

    adapter: Literal["actors", "redis"] = "actors"
    """actors: who asks a view's actor is answered. redis: it is written into a Redis server as well."""
    url: RedisUrl | None = None
    """redis: where it is, and which database. Left out: redis://127.0.0.1:6379/0."""
    password_file: str | None = Field(default=None, min_length=1)
    """redis: the file, relative to this one, that holds its password. Left out: it asks for none."""


class Topology(Model):
    """A whole exchange."""

    extends: Annotated[str, Field(min_length=1)] | None = None
    """Another topology file, relative to this one, whose fields hold where this one says nothing: mappings
    are merged, a null takes a field away, anything else replaces it (RFC 7396). Other paths are relative to
    the file that is given to a command."""
    exchange: ExchangeId
    """Its name: lower case letters, digits and dashes. State is kept in .bulkhead/NAME beside this file."""
    development: Flag = False
    """true: `up` makes missing keys and funds accounts. false: a missing key is an error."""
    clock: Clock = Clock()
    """The exchange's own time."""
    assets: dict[Id, Asset] = Field(min_length=1)
    """What is owned and traded, by name."""
    instruments: dict[Id, Instrument] = Field(min_length=1)
    """The markets, by name."""
    fees: Fees
    """What a trade costs."""
    shards: Shards
    """How the work is divided."""
    participants: dict[Id, Participant] = Field(min_length=1)
    """Who trades, by name."""
    keys: Keys = Keys()
    """The exchange's own secrets, by name."""
    approvals: Approvals = Approvals()
    """Which decisions need more than one of the operators."""
    placement: Placement | None = None
    """The machines that it runs on. Left out: the one where `bulkhead up` is typed."""
    boundaries: dict[Id, Boundary] = Field(min_length=1)
    """What fails together, by name. Every shard is in exactly one."""
    log: LogSettings = LogSettings()
    """Where frames are kept."""
    snapshots: SnapshotSettings = SnapshotSettings()
    """Where states are kept, and how often they are saved."""
    views: ViewSettings = ViewSettings()
    """From where the read side is served."""

    @property
    def has_gateways(self) -> bool:
        """Whether participants write to topics of their own: shards.ingress, or what it means left out."""
        written = self.shards.ingress
        return self.log.secured if written is None else written == "gateway"
