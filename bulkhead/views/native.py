"""A view's machine of the native engine. What it knows is asked for; answers are put together as ever."""

from typing import NoReturn

import msgspec

from bulkhead._engine import Machine, MachineFailure, MarketFacts
from bulkhead.domain.terms import Side
from bulkhead.machines.native import NativeMachine
from bulkhead.views.candles import Candle, candle_of
from bulkhead.views.market_data import impossible
from bulkhead.views.questions import Counters, MarketView, Row
from bulkhead.views.session import Session
from bulkhead.views.trades import Trades
from bulkhead.wire.codec import decode

_unpack = msgspec.msgpack.Decoder().decode


class NativeMarketView(MarketView):
    """Of a view's native machine. In the thread of its loop only, between two steps."""

    def __init__(self, machine: Machine) -> None:
        """TypeError: it is another shard's."""
        self._facts = MarketFacts(machine)

    def instruments(self) -> list[str]:
        return self._facts.instruments()

    @property
    def orders_resting(self) -> int:
        return self._facts.orders_resting()

    def retold(self) -> list[bytes]:
        return self._facts.retold()

    def candles(self, instrument_id: str, interval: str, count: int) -> list[Candle]:
        rows = _unpack(self._facts.candles(instrument_id, interval, count))
        return [candle_of(row) for row in reversed(rows)]

    def counters(self, instrument_id: str) -> Counters:
        orders_added, orders_resting, trades, volume_lots = self._facts.counters(instrument_id)
        return {
            "orders_added": orders_added,
            "orders_resting": orders_resting,
            "trades": trades,
            "volume_lots": volume_lots,
        }

    def _session(self, instrument_id: str) -> Session:
        return Session.from_state(_unpack(self._facts.session(instrument_id)))

    def _trades(self, instrument_id: str, count: int) -> Trades:
        return Trades.from_state(instrument_id, _unpack(self._facts.trades(instrument_id, count)))

    def _levels(self, instrument_id: str, side: Side, depth: int) -> list[list[int]]:
        return list(map(list, self._facts.levels(instrument_id, side is Side.BUY, depth)))

    def _orders(self, instrument_id: str, side: Side, levels: int) -> list[Row]:
        return self._facts.orders(instrument_id, side is Side.BUY, levels)


class NativeViewMachine(NativeMachine):
    def __init__(self, name: str, partition: str) -> None:
        super().__init__(name, partition)
        self.view = NativeMarketView(self._machine)

    def _raise(self, position: bytes, failure: MachineFailure) -> NoReturn:
        match failure.args:
            case ("impossible", _, _, event, True, _):
                message = decode(event)
                known = message.instrument_id in self.view.instruments()
                raise impossible(message, message.order_id if known else message.instrument_id)
        super()._raise(position, failure)
