"""What follows from a topology: whole numbers, shards, topics, slots, addresses. Pure functions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

from bulkhead.redis_access.address import RedisAddress
from bulkhead.topology.models import AccountShards, Instrument, SnapshotSettings, Topology, ViewSettings
from bulkhead.topology.murmur import murmur3_32
from bulkhead.topology.values import SLOTS, to_units, whole

REDIS_URL = "redis://127.0.0.1:6379/0"
RATE_DECIMALS = 7
"""Fee rates are whole numbers of 1e-7."""

_PATTERN = set("*?")
"""what makes a shard's name a pattern for many"""
ADMIN = "admin"
"""The name of the token that `up` and the operator's commands use on a secured log."""

ShardKind = Literal["control", "clock", "risk", "book", "settlement", "ingress", "view", "supervisor"]


@dataclass(frozen=True, slots=True)
class InstrumentTerms:
    """An instrument in whole numbers.

    One lot is `lot_units` smallest units of the base asset; a lot bought at a price of one tick costs
    `tick_lot_units` smallest units of the quote asset. `tick` and `lot` are the same as decimal text, for
    people. `window` is how many commands of one risk shard its book may leave unanswered.
    """

    instrument_id: str
    book: int
    base_asset_id: str
    quote_asset_id: str
    tick: str
    lot: str
    lot_units: int
    tick_lot_units: int
    price_increment_ticks: int
    price_min_ticks: int
    price_max_ticks: int
    quantity_increment_lots: int
    quantity_min_lots: int
    quantity_max_lots: int
    window: int
    trading: Literal["continuous", "halted", "retired"]

    @property
    def definition(self) -> tuple[str, int, str, str, int, int, int, int, int, int, int, int, int]:
        """What the exchange is told of it, at the founding or later: the first fields of DefineInstrument
        and of ListInstrument.
        """
        return (
            self.instrument_id,
            self.book,
            self.base_asset_id,
            self.quote_asset_id,
            self.lot_units,
            self.tick_lot_units,
            self.price_increment_ticks,
            self.price_min_ticks,
            self.price_max_ticks,
            self.quantity_increment_lots,
            self.quantity_min_lots,
            self.quantity_max_lots,
            self.window,
        )


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """An account: whose it is, and its development funding as (asset, smallest units), ordered by asset."""

    account_id: str
    participant_id: str
    balances: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """One actor: `reads` are the log partitions that it consumes (a machine one, a view several)."""

    kind: ShardKind
    index: int
    reads: tuple[str, ...]

    @property
    def name(self) -> str:
        """Such as risk/2; the supervisor, of which there is one, has no number."""
        return self.kind if self.kind == "supervisor" else f"{self.kind}/{self.index}"

    @property
    def speaks(self) -> bool:
        """Whether others hear it: it has a machine and streams, a lease and decisions."""
        return self.kind not in ("view", "supervisor")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the log and how many partitions it has."""

    name: str
    partitions: int


class SlotRun(NamedTuple):
    """Slots from the first to the last, both included, that belong to one risk and one settlement shard."""

    first_slot: int
    last_slot: int
    risk_shard: int
    settlement_shard: int


def instrument_terms(topology: Topology) -> list[InstrumentTerms]:
    """Every instrument in whole numbers, ordered by book partition, then as the topology lists them."""
    return [
        _terms(topology, instrument_id, topology.instruments[instrument_id], book)
        for book, partition in enumerate(topology.shards.books)
        for instrument_id in partition.instruments
    ]


def _terms(topology: Topology, instrument_id: str, instrument: Instrument, book: int) -> InstrumentTerms:
    # Fractions, because a product of Decimals is rounded at 28 digits.
    tick, lot = Fraction(instrument.tick_size), Fraction(instrument.lot_size)
    return InstrumentTerms(
        instrument_id=instrument_id,
        book=book,
        base_asset_id=instrument.base,
        quote_asset_id=instrument.quote,
        tick=f"{instrument.tick_size:f}",
        lot=f"{instrument.lot_size:f}",
        lot_units=whole(lot * 10 ** topology.assets[instrument.base].decimals),
        tick_lot_units=whole(tick * lot * 10 ** topology.assets[instrument.quote].decimals),
        price_increment_ticks=whole(Fraction(instrument.price_increment) / tick),
        price_min_ticks=whole(Fraction(instrument.price_min) / tick),
        price_max_ticks=whole(Fraction(instrument.price_max) / tick),
        quantity_increment_lots=whole(Fraction(instrument.quantity_increment) / lot),
        quantity_min_lots=whole(Fraction(instrument.quantity_min) / lot),
        quantity_max_lots=whole(Fraction(instrument.quantity_max) / lot),
        window=topology.shards.risk.commands_in_flight_max,
        trading=instrument.trading,
    )


def least_display_lots(instrument: Instrument) -> int:
    """What an iceberg shows at least; 0: any slice will do."""
    least = instrument.least_display_quantity
    return 0 if least is None else whole(Fraction(least) / Fraction(instrument.lot_size))


def clock_ticks(topology: Topology, seconds: int) -> int:
    """So many ticks of the clock last at least that long."""
    return -(-seconds * 1000 // topology.clock.tick_ms)


def fee_rates_e7(topology: Topology) -> tuple[int, int]:
    """The maker's and the taker's rate as whole numbers of 1e-7; the maker's may be negative."""
    return to_units(topology.fees.maker, RATE_DECIMALS), to_units(topology.fees.taker, RATE_DECIMALS)


def account_terms(topology: Topology) -> list[AccountTerms]:
    """Every account with its development funding, in the file's order. No funding outside development."""
    accounts = []
    for participant_id, participant in topology.participants.items():
        balances = tuple(
            (asset, to_units(amount, topology.assets[asset].decimals))
            for asset, amount in sorted(participant.balances.items())
        )
        accounts += [AccountTerms(account, participant_id, balances) for account in participant.account_ids]
    return accounts


def order_notional_units_max(topology: Topology, participant_id: str) -> tuple[tuple[str, int], ...]:
    """A participant's limits on one order's cost: (quote asset, smallest units), ordered by asset."""
    limits = topology.participants[participant_id].limits.order_notional_max
    return tuple(
        (asset, to_units(amount, topology.assets[asset].decimals)) for asset, amount in sorted(limits.items())
    )


@cache  # asked for each pair of participant and risk shard, of which there may be hundreds of thousands
def slot_of(risk_group: str) -> int:
    """The slot of a risk group, 0 to 1023, for ever. A participant is one risk group."""
    return murmur3_32(risk_group.encode()) % SLOTS


def slot_table(shards: AccountShards) -> tuple[int, ...]:
    """For every slot the number of the shard that has it: an even share in order, then the exceptions."""
    numbers = shards.numbers or (0,)  # validate.py refuses a topology that has none
    table = [numbers[slot * len(numbers) // SLOTS] for slot in range(SLOTS)]
    for shard, ranges in shards.slots.items():
        for slots in ranges:
            table[slots.first : slots.last + 1] = [shard] * (slots.last + 1 - slots.first)
    return tuple(table)


def slot_runs(topology: Topology) -> list[SlotRun]:
    """The slot tables of risk and settlement as one list of runs that cover slots 0 to 1023 in order."""
    risk, settlement = slot_table(topology.shards.risk), slot_table(topology.shards.settlement)
    runs: list[SlotRun] = []
    for slot, (risk_shard, settlement_shard) in enumerate(zip(risk, settlement, strict=True)):
        if runs and runs[-1][2:] == (risk_shard, settlement_shard):
            runs[-1] = runs[-1]._replace(last_slot=slot)
        else:
            runs.append(SlotRun(slot, slot, risk_shard, settlement_shard))
    return runs


def shards(topology: Topology) -> list[Shard]:
    """Every shard, in the order in which they are started: first those that others read from."""
    settings = topology.shards
    books = [f"book/{number}" for number in range(len(settings.books))]
    found = [Shard("control", 0, ("control/0",)), Shard("clock", 0, ("clock/0",))]
    owners: list[tuple[ShardKind, str, Sequence[int]]] = [
        ("settlement", "settlement", settings.settlement.numbers),
        ("book", "books", range(len(books))),
        ("risk", "orders", settings.risk.numbers),
    ]
    for kind, topic, numbers in owners:
        found += [Shard(kind, number, (f"{topic}/{number}",)) for number in numbers]
    if topology.has_gateways:
        written = ingress_topics(topology)
        found += [
            Shard("ingress", risk, (f"ingress/{risk}", *(f"{topic}/0" for topic in written[risk])))
            for risk in settings.risk.numbers
        ]
    for number, view in enumerate(settings.views):
        followed = [book for book in books if any(fnmatchcase(book, glob) for glob in view.books)]
        reads = [book.replace("book/", "market_data/") for book in followed]
        risks = [f"risk/{risk}" for risk in settings.risk.numbers]
        followed = [risk for risk in risks if any(fnmatchcase(risk, glob) for glob in view.accounts)]
        reads += [risk.replace("risk/", "orders/") for risk in followed]
        found.append(Shard("view", number, tuple(reads)))
    found.append(Shard("supervisor", 0, ()))
    return found


def topics(topology: Topology) -> list[Topic]:
    """Every topic of the log, internal ones first, then those of each participant."""
    settings = topology.shards
    found = [
        Topic("control", 1),
        Topic("clock", 1),
        Topic("orders", settings.risk.count),
        Topic("books", len(settings.books)),
        Topic("settlement", settings.settlement.count),
        Topic("market_data", len(settings.books)),
        Topic("market_snapshots", len(settings.books)),
        Topic("decisions", 1),
        Topic("risk_events", settings.risk.count),
        Topic("dead_letters", 1),
    ]
    if topology.has_gateways:
        found.append(Topic("ingress", settings.risk.count))
        found += [Topic(name, 1) for names in ingress_topics(topology) for name in names]
    # One partition for each shard that sends: who does is decided there, and what its machine can't apply.
    # A partition of a shard that is retired stays.
    senders = Counter(shard.kind for shard in shards(topology) if shard.speaks)
    numbered = {
        "risk": settings.risk.count,
        "ingress": settings.risk.count,
        "settlement": settings.settlement.count,
    }
    for kind, there in senders.items():
        count = numbered.get(kind, there)
        found += [Topic(f"leases.{kind}", count), Topic(f"quarantine.{kind}", count)]
    return found + [Topic(f"reports.{participant_id}", 1) for participant_id in topology.participants]


def ingress_topics(topology: Topology) -> list[list[str]]:
    """For each risk shard the topics that its participants write to where there are gateways."""
    found: list[list[str]] = [[] for _ in range(topology.shards.risk.count)]
    owners = slot_table(topology.shards.risk)
    for participant_id in topology.participants:
        found[owners[slot_of(participant_id)]].append(ingress_topic(participant_id))
    return found


def ingress_topic(participant_id: str) -> str:
    """The topic, of one partition, that one participant writes to where there are gateways."""
    return f"ingress.{participant_id}"


def boundary_of(topology: Topology) -> dict[str, str]:
    """Shard name -> the boundary that contains it, for every shard of a valid topology."""
    globs = [(glob, name) for name, boundary in topology.boundaries.items() for glob in boundary.contains]
    # Most boundaries name their shards, and there may be as many of one as of the other.
    patterns = [(glob, name) for glob, name in globs if _PATTERN & set(glob)]
    names = [shard.name for shard in shards(topology)]
    inside = {shard: name for glob, name in patterns for shard in names if fnmatchcase(shard, glob)}
    inside |= dict(globs)
    return {shard: inside[shard] for shard in names if shard in inside}


def engine_of(topology: Topology, shard: str, replica: str) -> str | None:
    """What the topology has compute a replica, a or b, of a shard; None: what is there."""
    engines = topology.boundaries[boundary_of(topology)[shard]].engines
    return topology.shards.engine if engines is None else engines[-1 if replica == "b" else 0]


def key_names(topology: Topology) -> list[str]:
    """Every Ed25519 key that the topology names: the operators', then the participants'."""
    return [
        *topology.keys.operators,
        *(key for participant in topology.participants.values() for key in participant.keys),
    ]


def state_directory(topology: Topology, file: Path) -> Path:
    """Where the exchange of the topology in `file` keeps its running state: keys, pids, the log."""
    return file.resolve().parent / ".bulkhead" / topology.exchange


def log_address(topology: Topology, file: Path, role: str = ADMIN) -> str:
    """The address that opens the log: sqlite:/absolute/folder?durability=normal, or
    pulsar://HOST:PORT/TENANT/EXCHANGE?admin=http://HOST:PORT. Of a secured one for a party that has `role`.
    """
    settings = topology.log
    if settings.secured:
        files = {"token": str(token_directory(topology, file) / f"{role}.jwt")}
        if settings.ca is not None:
            files["ca"] = str(file.resolve().parent / settings.ca)
        return f"{public_log_address(topology)}&{urlencode(files, safe='/@')}"
    if settings.adapter == "pulsar":
        return public_log_address(topology)
    directory = _directory(topology, file, topology.log.directory, "log")
    return f"{topology.log.adapter}:{directory}?durability={topology.log.durability}"


def public_log_address(topology: Topology) -> str:
    """Of a log on Pulsar without the files of any party: what all participants may be told."""
    settings = topology.log
    service_url = settings.service_url or "pulsar://127.0.0.1:6650"
    admin_url = settings.admin_url or (
        "https://127.0.0.1:8443" if settings.secured else "http://127.0.0.1:8080"
    )
    return f"{service_url}/{settings.tenant or 'bulkhead'}/{topology.exchange}?admin={admin_url}"


def token_directory(topology: Topology, file: Path) -> Path:
    """Where the tokens of a secured log are kept, ROLE.jwt each."""
    written = topology.log.tokens
    return file.resolve().parent / written if written else state_directory(topology, file) / "tokens"


def snapshots_address(topology: Topology, file: Path) -> str:
    """The address that opens the store of snapshots: files:/absolute/folder?keep=3, or
    redis://HOST:PORT/DB?prefix=bulkhead:EXCHANGE:&password_file=/absolute/file&keep=3.
    """
    settings = topology.snapshots
    if settings.adapter == "redis":
        return f"{redis_address(topology, file, settings.url, settings.password_file)}&keep={settings.keep}"
    directory = _directory(topology, file, settings.directory, "snapshots")
    return f"{settings.adapter}:{directory}?keep={settings.keep}"


def views_address(topology: Topology, file: Path) -> str:
    """The address of what the views write, redis://HOST:PORT/DB?prefix=…; empty where they only answer."""
    settings = topology.views
    if settings.adapter == "redis":
        return str(redis_address(topology, file, settings.url, settings.password_file))
    return ""


def redis_servers(topology: Topology) -> dict[str, tuple[str, ...]]:
    """The Redis servers by name, and what is kept in each: snapshots, views, or both in the one `redis`."""
    uses: dict[str, SnapshotSettings | ViewSettings] = {
        "snapshots": topology.snapshots,
        "views": topology.views,
    }
    places: dict[str, list[str]] = {}
    for use, settings in uses.items():
        if settings.adapter == "redis":
            places.setdefault(urlsplit(settings.url or REDIS_URL).netloc, []).append(use)
    if len(places) == 1:
        return {"redis": tuple(*places.values())}
    return {f"redis-{kept[0]}": tuple(kept) for kept in places.values()}


def redis_address(topology: Topology, file: Path, url: str | None, password_file: str | None) -> RedisAddress:
    """Where in a Redis server this exchange keeps something."""
    parts = urlsplit(url or REDIS_URL)
    return RedisAddress(
        host=parts.hostname or "",
        port=parts.port or 0,
        database=int(parts.path.removeprefix("/") or "0"),
        prefix=f"bulkhead:{topology.exchange}:",
        password_file=str(file.resolve().parent / password_file) if password_file else "",
    )


def _directory(topology: Topology, file: Path, written: str | None, default: str) -> Path:
    found = file.resolve().parent / written if written else state_directory(topology, file) / default
    if {"?", "#"} & set(str(found)):
        # Both mean something in an address, so another folder would be opened.
        raise ValueError(f"the folder {found} cannot be used: ? and # may not be in its name; choose another")
    return found
