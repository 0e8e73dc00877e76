"""Checks a topology's values against each other. Says everything that is wrong, in the file's order."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

from bulkhead.domain.amounts import AMOUNT_MAX
from bulkhead.domain.messages.approvals import DecisionGroup
from bulkhead.topology.derived import RATE_DECIMALS, slot_table
from bulkhead.topology.hints import did_you_mean, text, unknown
from bulkhead.topology.limits import ASSET_LIMITS
from bulkhead.topology.models import (
    AccountShards,
    LogSettings,
    SnapshotSettings,
    Topology,
    ViewSettings,
)
from bulkhead.topology.problems import Finding, Path
from bulkhead.topology.validate_boundaries import boundaries
from bulkhead.topology.validate_instruments import instruments
from bulkhead.topology.validate_placement import placement
from bulkhead.topology.values import decimals_needed

RESERVED = ("house", "external", "fees", "suspense")
"""The exchange's own accounts in the ledger."""


def findings(topology: Topology) -> list[Finding]:
    """Return what is wrong with values that are right each by itself; [] for a valid topology."""
    checks = (
        instruments,
        _fees,
        _slots,
        _books,
        _views,
        _participants,
        _keys,
        _approvals,
        boundaries,
        placement,
        _log,
        _adapters,
    )
    return [finding for check in checks for finding in check(topology)]


def _fees(topology: Topology) -> Iterator[Finding]:
    fees = topology.fees
    for name, rate in (("maker", fees.maker), ("taker", fees.taker)):
        places = decimals_needed(Fraction(rate)) or 0
        if places > RATE_DECIMALS:
            problem = f"{rate:f} has {places} decimals, a rate has at most {RATE_DECIMALS}"
            yield Finding(("fees", name), problem, f"such as {rate:.{RATE_DECIMALS}f}")
        if not -1 < rate < 1:
            hint = "10 basis points are 0.001"
            yield Finding(("fees", name), f"{rate:f} is as much as the trade itself or more", hint)
    if fees.taker < 0:
        yield Finding(("fees", "taker"), f"{fees.taker:f} is negative", "only the maker may get a rebate")
    elif fees.maker + fees.taker < 0:
        problem = f"the rebate {fees.maker:f} is more than the taker pays"
        yield Finding(("fees", "maker"), problem, f"at least {-fees.taker:f}")


def _slots(topology: Topology) -> Iterator[Finding]:
    for name in ("risk", "settlement"):
        settings: AccountShards = getattr(topology.shards, name)
        owner: dict[int, int] = {}
        yield from _retired(name, settings)
        if not settings.numbers:
            continue
        for shard, ranges in settings.slots.items():
            path: Path = ("shards", name, "slots", str(shard))
            if not 0 <= shard < settings.count:
                hint = f"{name}/0 to {name}/{settings.count - 1}" if settings.count > 1 else f"only {name}/0"
                yield Finding(path, f"there is no shard {name}/{shard}", hint, at_key=True)
            elif shard not in settings.numbers:
                yield Finding(
                    path, f"{name}/{shard} is retired", "give its slots to another one", at_key=True
                )
            for number, slots in enumerate(ranges):
                twice = [slot for slot in range(slots.first, slots.last + 1) if slot in owner]
                if twice:
                    problem = f"slot {twice[0]} is given to {name}/{owner[twice[0]]} already"
                    yield Finding((*path, number), problem, "a slot has one shard")
                owner |= dict.fromkeys(range(slots.first, slots.last + 1), shard)
        empty = sorted(set(settings.numbers) - set(slot_table(settings)))
        for shard in empty:
            problem = f"{name}/{shard} is left without any slot"
            yield Finding(("shards", name, "slots"), problem, "leave it one, or lower count", at_key=True)


def _retired(name: str, settings: AccountShards) -> Iterator[Finding]:
    path: Path = ("shards", name, "retired")
    for item, shard in enumerate(settings.retired):
        if shard >= settings.count:
            hint = "count has every number that was ever given, retired ones too"
            yield Finding((*path, item), f"there is no shard {name}/{shard}", hint)
        elif shard in settings.retired[:item]:
            yield Finding((*path, item), f"{name}/{shard} is retired already", "name each once")
    if not settings.numbers:
        yield Finding(path, "none is left", "somebody has to have the slots")


def _books(topology: Topology) -> Iterator[Finding]:
    place: dict[str, str] = {}
    for number, partition in enumerate(topology.shards.books):
        path: Path = ("shards", "books", number, "instruments")
        for item, instrument_id in enumerate(partition.instruments):
            if instrument_id not in topology.instruments:
                yield unknown((*path, item), "instrument", instrument_id, list(topology.instruments))
            elif instrument_id in place:
                problem = f"{instrument_id} is in {place[instrument_id]} already"
                yield Finding((*path, item), problem, "an instrument is matched in one place")
            else:
                place[instrument_id] = f"book/{number}"
    for instrument_id in topology.instruments:
        if instrument_id not in place:
            hint = f"append `- instruments: [{instrument_id}]` to shards.books, or add it to a partition's"
            yield Finding(("instruments", instrument_id), "is in no book partition", hint, at_key=True)


def _views(topology: Topology) -> Iterator[Finding]:
    books = [f"book/{number}" for number in range(len(topology.shards.books))]
    risks = [f"risk/{number}" for number in topology.shards.risk.numbers]
    for number, view in enumerate(topology.shards.views):
        path: Path = ("shards", "views", number)
        for item, glob in enumerate(view.books):
            if not any(fnmatchcase(book, glob) for book in books):
                hint = did_you_mean(glob, ["book/*", *books])
                yield Finding((*path, "books", item), f"{glob} matches no book", hint)
        for item, glob in enumerate(view.accounts):
            if not any(fnmatchcase(risk, glob) for risk in risks):
                hint = did_you_mean(glob, ["risk/*", *risks])
                yield Finding((*path, "accounts", item), f"{glob} matches no risk shard", hint)
        if view.accounts and topology.views.adapter != "redis":
            hint = "remove it, or write `views: {adapter: redis}` at the top"
            problem = "accounts are served from Redis only"
            yield Finding((*path, "accounts"), problem, hint, at_key=True)
        if not (view.books or view.accounts):
            yield Finding(path, "follows nothing", "such as books: [book/*]")


def _participants(topology: Topology) -> Iterator[Finding]:
    owner: dict[str, str] = {}
    total: dict[str, int] = {}
    instruments = topology.instruments.values()
    sound = not any(each.quote not in topology.assets or each.quote == each.base for each in instruments)
    quotes, bases = ({getattr(each, role) for each in instruments} for role in ("quote", "base"))
    for participant_id, participant in topology.participants.items():
        path: Path = ("participants", participant_id)
        if participant_id in RESERVED:
            hint = f"{', '.join(RESERVED)} are the exchange's own"
            yield Finding(path, f"the name {participant_id} is reserved", hint, at_key=True)
        listed = isinstance(participant.accounts, tuple)
        for item, account_id in enumerate(participant.account_ids):
            where: Path = (*path, "accounts", item) if listed else (*path, "accounts", "prefix")
            if account_id in RESERVED:
                hint = f"{', '.join(RESERVED)} are the exchange's own"
                yield Finding(where, f"the name {account_id} is reserved", hint)
            elif len(account_id) > 32:
                problem = f"{account_id} has {len(account_id)} characters, an id has at most 32"
                yield Finding(where, problem, "shorten the prefix")
                break
            elif account_id in owner:
                problem = f"the account {account_id} belongs to {owner[account_id]} already"
                yield Finding(where, problem, f"such as {participant_id}.{item}")
            owner.setdefault(account_id, participant_id)
        yield from _amounts(topology, (*path, "balances"), participant.balances)
        for name, of, what in ASSET_LIMITS:
            allowed = {"quote": quotes, "base": bases}.get(of, set(topology.assets)) if sound else set()
            amounts = getattr(participant.limits, name)
            yield from _limits(topology, (*path, "limits", name), amounts, sorted(allowed), what)
        if participant.balances and not topology.development:
            hint = "remove it; in production assets arrive as deposits"
            yield Finding((*path, "balances"), "funds accounts, with development: false", hint, at_key=True)
        for asset, amount in participant.balances.items():
            if asset in topology.assets:
                units = int(Fraction(amount) * 10 ** topology.assets[asset].decimals)
                total[asset] = total.get(asset, 0) + units * len(participant.account_ids)
                if total[asset] > AMOUNT_MAX:
                    problem = f"the balances of all accounts in {asset} are past 2^127 units"
                    yield Finding((*path, "balances", asset), problem, "lower it")


def _limits(
    topology: Topology, path: Path, limits: dict[str, Decimal], allowed: list[str], what: tuple[str, str]
) -> Iterator[Finding]:
    """`allowed`: assets that such a limit may be of; [] while an instrument's assets are wrong themselves."""
    yield from _amounts(topology, path, limits)
    for asset, amount in limits.items():
        if allowed and asset in topology.assets and asset not in allowed:
            problem, hint = what
            yield Finding((*path, asset), problem.format(asset), hint.format(", ".join(allowed)), at_key=True)
        if asset in topology.assets and Fraction(amount) * 10 ** topology.assets[asset].decimals > AMOUNT_MAX:
            problem = f"{amount:f} is past 2^127 units of {asset}, which no amount can reach"
            yield Finding((*path, asset), problem, "lower it, or leave it out for no limit")
        if amount == 0:
            hint = "leave it out for no limit; halt an instrument with trading: halted"
            yield Finding((*path, asset), "with a limit of 0 no order would ever be taken", hint)


def _amounts(topology: Topology, path: Path, amounts: dict[str, Decimal]) -> Iterator[Finding]:
    for asset, amount in amounts.items():
        if asset not in topology.assets:
            yield unknown((*path, asset), "asset", asset, list(topology.assets), at_key=True)
            continue
        decimals = topology.assets[asset].decimals
        if amount < 0:
            yield Finding((*path, asset), f"{amount:f} is negative", "zero or more")
        elif (decimals_needed(Fraction(amount)) or 0) > decimals:
            down = Fraction(int(Fraction(amount) * 10**decimals), 10**decimals)
            problem = f"{amount:f} has more decimals than {asset}, which has {decimals}"
            yield Finding((*path, asset), problem, f"such as {text(down)}")


def _approvals(topology: Topology) -> Iterator[Finding]:
    there = len(topology.keys.operators)
    for group in DecisionGroup:
        name = group.name.lower()
        needed = getattr(topology.approvals, name)
        if needed > there:
            hint = f"at most {there}, or name more keys in keys.operators"
            problem = f"{needed} operators are needed, and there are {there}"
            yield Finding(("approvals", name), problem, hint)


def _keys(topology: Topology) -> Iterator[Finding]:
    owner = {topology.keys.internal: "keys.internal"}
    named: list[tuple[Path, str, str]] = [
        (("keys", "operators", item), key, "keys.operators")
        for item, key in enumerate(topology.keys.operators)
    ]
    for participant_id, participant in topology.participants.items():
        path: Path = ("participants", participant_id, "keys")
        by_name = isinstance(participant.keys, dict)
        named += [
            ((*path, key if by_name else item), key, participant_id)
            for item, key in enumerate(participant.keys)
        ]
    for where, key, holder in named:
        if key in owner:
            yield Finding(where, f"the key {key} belongs to {owner[key]} already", "a key has one owner")
        owner.setdefault(key, holder)


ADAPTER_FIELDS = {
    "log": {
        "directory": "sqlite",
        "durability": "sqlite",
        "service_url": "pulsar",
        "admin_url": "pulsar",
        "tenant": "pulsar",
        "ca": "pulsar",
        "tokens": "pulsar",
        "token_key": "pulsar",
    },
    "snapshots": {"directory": "files", "url": "redis", "password_file": "redis"},
    "views": {"url": "redis", "password_file": "redis"},
}
"""Which adapter a field is of, by section."""
SECURED_FIELDS = ("ca", "tokens", "token_key")
"""Those that only a broker with TLS has a use for."""


def _adapters(topology: Topology) -> Iterator[Finding]:
    for section, fields in ADAPTER_FIELDS.items():
        settings: LogSettings | SnapshotSettings | ViewSettings = getattr(topology, section)
        for name, owner in fields.items():
            if owner != settings.adapter and name in settings.model_fields_set:
                problem = f"{name} is of the adapter {owner}, and this is {settings.adapter}"
                yield Finding((section, name), problem, f"remove it, or write adapter: {owner}", True)


def _log(topology: Topology) -> Iterator[Finding]:
    adapter = topology.log.adapter
    if adapter == "pulsar":
        yield from _security(topology)
    for participant_id in topology.participants:
        if adapter == "pulsar" and re.search(r"-partition-[0-9]+$", participant_id):
            problem = f"{participant_id} can't have a topic of its own on Pulsar"
            hint = "choose another name: topics that end with -partition-NUMBER are parts of others there"
            yield Finding(("participants", participant_id), problem, hint, at_key=True)


def _security(topology: Topology) -> Iterator[Finding]:
    log = topology.log
    for name in SECURED_FIELDS:
        if not log.secured and name in log.model_fields_set:
            problem = f"{name} is for a broker with TLS and tokens"
            hint = "write service_url: pulsar+ssl://127.0.0.1:6651, or remove it"
            yield Finding(("log", name), problem, hint, at_key=True)
    if log.admin_url is not None and log.secured != log.admin_url.startswith("https:"):
        problem = "of service_url and admin_url one has TLS and one has not"
        hint = "pulsar+ssl:// goes with https://, pulsar:// with http://"
        yield Finding(("log", "admin_url"), problem, hint)
    if log.secured and log.token_key is not None and not topology.development:
        hint = "remove it; in production tokens are made elsewhere, and put into log.tokens"
        yield Finding(("log", "token_key"), "makes tokens, with development: false", hint, at_key=True)
