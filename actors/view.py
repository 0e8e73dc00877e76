"""The actor of a view: one machine for each partition that it follows, questions about them, and what writes
them into Redis where the topology says so.
"""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from actors.shard import ShardActor, now_us
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import Machine
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.host import Companion, ShardHost, Together
from bulkhead.runtime.mirror import Mirror
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.source import Source
from bulkhead.views.accounts import AccountChanges
from bulkhead.views.machine import make_view, view_of
from bulkhead.views.open import serve
from bulkhead.views.questions import MarketView
from bulkhead.views.served import MarketChanges, ServedView
from bulkhead.views.snapshots import BookSnapshots, snapshots_partition
from bulkhead.wire.authentication import MacSealer


class ViewActor(ShardActor):
    def _machines(self) -> list[tuple[str, Callable[[], Machine]]]:
        return [
            (
                name,
                partial(make_reference, name)
                if name.startswith("risk/")
                else partial(make_view, name, self._launch.engine),
            )
            for name in self._launch.machines
        ]

    def _host(self, name: str, make: Callable[[], Machine]) -> ShardHost:
        if not name.startswith("risk/"):
            return ShardHost(name, input_partition(name), self._build(name, make), self._beside_books)
        accompany = self._serve if self._launch.views_address else None
        return ShardHost(name, input_partition(name), self._build(name, make, Mirror), accompany)

    def _beside_books(self, shard: Shard) -> Companion:
        machine, partition, identity = shard.machine, shard.partition, self._launch.identity()
        name, sealer = f"{machine.name}.{secrets.token_hex(4)}", MacSealer(identity.mac_key)
        stream = Source(shard.log, identity, name, snapshots_partition(partition), sealer, name)
        snapshots = BookSnapshots(machine, partition, lambda: shard.position, stream, now_us)
        return Together(snapshots, self._serve(shard)) if self._launch.views_address else snapshots

    def _serve(self, shard: Shard) -> ServedView:
        machine, launch = shard.machine, self._launch
        changes: AccountChanges | MarketChanges
        if isinstance(shard, Mirror):
            assert isinstance(machine, ReferenceMachine)
            changes = AccountChanges(machine, shard.partition)
            shard.hear = changes.hear
        else:
            changes = MarketChanges(machine, shard.partition)
        genesis_id = bytes.fromhex(launch.genesis_id)
        return serve(launch.views_address, genesis_id, machine, shard.partition, changes, shard.interrupt)

    def _lease(self, log: Log, name: str) -> None:
        """Any number may follow the same books: what they say is for those who ask them."""

    def ladder(self, instrument_id: str, depth: int = 10) -> Any:
        """Price levels of an instrument, best first; None where no book that it follows has it."""
        return self._ask(instrument_id, lambda view: view.ladder(instrument_id, depth))

    def trades(self, instrument_id: str, count: int = 20) -> Any:
        """The last trades, newest first; None where no book that it follows has the instrument."""
        return self._ask(instrument_id, lambda view: view.trades(instrument_id, count))

    def session(self, instrument_id: str) -> Any:
        """Phase, indicative price, bands, mark price; None where it is not followed."""
        return self._ask(instrument_id, lambda view: view.session(instrument_id))

    def candles(self, instrument_id: str, interval: str = "1m", count: int = 60) -> Any:
        """The last candles of 1s, 1m, 1h or 1d, newest first; None where it is not followed."""
        return self._ask(instrument_id, lambda view: view.candles(instrument_id, interval, count))

    def book(self, instrument_id: str, depth: int = 10, trades: int = 20) -> Any:
        """Levels and last trades of one moment: {"ladder": …, "trades": …}; None where it is not followed."""
        return self._ask(
            instrument_id,
            lambda view: {
                "ladder": view.ladder(instrument_id, depth),
                "trades": view.trades(instrument_id, trades),
            },
        )

    def _ask(self, instrument_id: str, question: Callable[[MarketView], Any]) -> Any:
        def answer(shard: Shard) -> Any:
            view = view_of(shard.machine)
            return question(view) if instrument_id in view.instruments() else None

        answers = (host.ask(answer) for host in self._hosts if not host.name.startswith("risk/"))
        return next((found for found in answers if found is not None), None)
