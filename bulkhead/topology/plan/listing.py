"""Instruments, assets, participants, fees and operators of a running exchange as objects of its plan, and the
decisions that a step on one of them needs.

Each step tells what was not told yet, in the order in which it is safe: so it can be repeated, and what an
interrupted one has left is in the next plan. A participant's keys come last, behind what bounds it; an
instrument is resumed last, behind how it is traded.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bulkhead.domain.messages import listing as messages
from bulkhead.domain.messages.control import RegisterKey
from bulkhead.topology import derived, listing
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.objects import Attributes, Ref
from bulkhead.topology.plan.told import Told

KINDS = ("asset", "instrument", "fees", "participant", "operators")
PublicKey = Callable[[str], bytes | None]
"""by the name that the topology gives a key; None: it is not made yet"""
LISTED, IN_PART, RETIRED = "listed", "listed in part", "retired"


class Listing:
    """What `topology` says beside what was `told`."""

    def __init__(self, topology: Topology, told: Told, public_key: PublicKey) -> None:
        self._topology = topology
        self._told = told
        self._public_key = public_key

    def objects(self) -> tuple[dict[Ref, Attributes], dict[Ref, Attributes]]:
        """Those that are not what they should be: as wanted, and as they are, where they are."""
        wanted: dict[Ref, Attributes] = {}
        live: dict[Ref, Attributes] = {}
        for ref, should_be, there in self._each():
            if should_be != there:
                wanted[ref] = should_be
                if there is not None:
                    live[ref] = there
        return wanted, live

    def decisions(self, ref: Ref, reason: str) -> Iterator[Any]:
        """What an operator has to decide, in this order, so that the object is what it should be."""
        kind, name = ref
        found = {
            "asset": self._asset,
            "instrument": self._instrument,
            "fees": self._fees,
            "participant": self._participant,
            "operators": self._operators,
        }[kind](name)
        return (replace(each, reason=reason) for each in found)

    # -- what should be, and what is

    def _each(self) -> Iterator[tuple[Ref, Attributes, Attributes | None]]:
        topology, told = self._topology, self._told
        for name, asset in topology.assets.items():
            if name not in told.assets:
                yield ("asset", name), {"decimals": asset.decimals}, None
        for name in (name for book in topology.shards.books for name in book.instruments):
            state = RETIRED if topology.instruments[name].trading == "retired" else LISTED
            if name not in told.retired_instruments:  # what is retired stays so, whatever the file says
                yield ("instrument", name), {"state": state}, self._instrument_now(name)
        rates = derived.fee_rates_e7(topology)
        yield ("fees", topology.exchange), _rates(rates), _rates(told.fees)
        for name in topology.participants:
            yield ("participant", name), *self._participant_now(name)
        names = topology.keys.operators
        yield (
            ("operators", topology.exchange),
            {"keys": tuple(sorted(names))},
            {"keys": self._operators_now()},
        )

    def _instrument_now(self, name: str) -> Attributes | None:
        if name not in self._told.instruments:
            return None
        return {"state": IN_PART if any(self._to_trade(name)) else LISTED}

    def _to_trade(self, name: str) -> Iterator[Any]:
        """Of a listed instrument what nobody has decided at all. What somebody decided otherwise stays."""
        if name not in self._told.listed or self._topology.instruments[name].trading == "retired":
            return
        decided = {listing.which(each) for each in self._told.trading.get(name, ())}
        for message in listing.how_it_trades(self._topology, name):
            if listing.which(message) not in decided:
                yield message

    def _participant_now(self, name: str) -> tuple[Attributes, Attributes | None]:
        accounts = self._topology.participants[name].account_ids
        there = tuple(each for each in accounts if each in self._told.accounts)
        if name in self._told.participants and name not in self._told.added:
            return {"accounts": accounts}, {"accounts": there}
        keys = tuple(self._topology.participants[name].keys)
        told = tuple(key for key in keys if self._public_key(key) in self._told.keys)
        wanted: Attributes = {"accounts": accounts, "keys": keys, "limits": True}
        if name not in self._told.added:
            return wanted, None
        return wanted, {"accounts": there, "keys": told, "limits": not any(self._bounds(name))}

    def _bounds(self, name: str) -> Iterator[Any]:
        """Those that nobody has decided at all."""
        decided = self._told.added.get(name, {})
        for limit in listing.bounds(self._topology, name):
            if (limit.kind, limit.account_id, limit.asset_id) not in decided:
                yield limit

    def _operators_now(self) -> tuple[str, ...]:
        names = {self._public_key(name): name for name in self._topology.keys.operators}
        return tuple(sorted(names.get(key) or key.hex()[:16] for key in self._told.operators))

    # -- what has to be decided

    def _asset(self, name: str) -> Iterator[Any]:
        if name not in self._told.assets:
            yield messages.AddAsset(name, self._topology.assets[name].decimals)

    def _instrument(self, name: str) -> Iterator[Any]:
        if name not in self._told.instruments:
            yield listing.instrument(self._topology, name)
            if self._topology.instruments[name].trading != "retired":
                yield from listing.how_it_trades(self._topology, name)
        else:
            yield from self._to_trade(name)
        if self._topology.instruments[name].trading == "retired":
            yield messages.RetireInstrument(name)

    def _fees(self, _: str) -> Iterator[Any]:
        rates = derived.fee_rates_e7(self._topology)
        if rates != self._told.fees:
            yield messages.SetFees(*rates)

    def _participant(self, name: str) -> Iterator[Any]:
        new = name not in self._told.participants
        if new:
            yield listing.participant(self._topology, name)
        limits = list(self._bounds(name)) if new or name in self._told.added else []
        yield from (limit for limit in limits if limit.account_id is None)
        for account in listing.accounts(self._topology, name):
            if account.account_id not in self._told.accounts:
                yield account
        yield from (limit for limit in limits if limit.account_id is not None)
        if new or name in self._told.added:
            for key, permissions in self._topology.participants[name].permissions.items():
                public_key = self._public_key(key)
                if public_key is not None and public_key not in self._told.keys:
                    yield RegisterKey(name, public_key, int(permissions))

    def _operators(self, _: str) -> Iterator[Any]:
        """New ones first: there are enough at any time."""
        wanted = [self._public_key(name) for name in self._topology.keys.operators]
        for key in wanted:
            if key is not None and key not in self._told.operators:
                yield messages.AddOperator(key)
        for key in self._told.operators:
            if key not in wanted:
                yield messages.RevokeOperator(key)


def _rates(rates: tuple[int, int]) -> Attributes:
    return {"maker_rate_e7": rates[0], "taker_rate_e7": rates[1]}
