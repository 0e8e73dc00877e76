"""The actor of a view: one machine for each market_data partition that it follows, and questions about
them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from actors.shard import ShardActor
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.shard import Shard
from bulkhead.views.machine import make_view
from bulkhead.views.market_data import MarketDataView


class ViewActor(ShardActor):
    def _machines(self) -> list[tuple[str, Callable[[], ReferenceMachine]]]:
        return [(name, partial(make_view, name)) for name in self._launch.machines]

    def ladder(self, instrument_id: str, depth: int = 10) -> Any:
        """Price levels of an instrument, best first; None where no book that it follows has it."""
        return self._ask(instrument_id, lambda view: view.ladder(instrument_id, depth))

    def trades(self, instrument_id: str, count: int = 20) -> Any:
        """The last trades, newest first; None where no book that it follows has the instrument."""
        return self._ask(instrument_id, lambda view: view.trades(instrument_id, count))

    def book(self, instrument_id: str, depth: int = 10, trades: int = 20) -> Any:
        """Levels and last trades of one moment: {"ladder": …, "trades": …}; None where it is not followed."""
        return self._ask(
            instrument_id,
            lambda view: {
                "ladder": view.ladder(instrument_id, depth),
                "trades": view.trades(instrument_id, trades),
            },
        )

    def _ask(self, instrument_id: str, question: Callable[[MarketDataView], Any]) -> Any:
        def answer(shard: Shard) -> Any:
            machine = shard.machine
            assert isinstance(machine, ReferenceMachine)
            view = machine.domain
            assert isinstance(view, MarketDataView)
            return question(view) if instrument_id in view.instruments() else None

        answers = (host.ask(answer) for host in self._hosts)
        return next((found for found in answers if found is not None), None)
