"""Reads the pages of the read side out of Redis: what docs/read-side.md describes, in a few lines."""

from types import TracebackType
from typing import Any, NamedTuple, Self, cast

import msgspec

from bulkhead.redis_access.address import RedisAddress
from bulkhead.redis_access.client import client, failures
from bulkhead.views.pages import account_key, market_key, orders_key, progress_key

_json = msgspec.json.Decoder().decode


class Progress(NamedTuple):
    """How far a view was in a partition when it last wrote."""

    genesis_id: str
    sequence: int
    written_at_us: int


class PageReader:
    """An answer is of one moment; None where nothing was written. TemporaryError: Redis does not answer."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._client = client(address)

    def l1(self, instrument_id: str) -> dict[str, Any] | None:
        return self._page(market_key("l1", instrument_id))

    def l2(self, instrument_id: str) -> dict[str, Any] | None:
        return self._page(market_key("l2", instrument_id))

    def trades(self, instrument_id: str) -> dict[str, Any] | None:
        return self._page(market_key("trades", instrument_id))

    def session(self, instrument_id: str) -> dict[str, Any] | None:
        return self._page(market_key("session", instrument_id))

    def candles(self, instrument_id: str) -> dict[str, Any] | None:
        return self._page(market_key("candles", instrument_id))

    def account(self, account_id: str) -> dict[str, Any] | None:
        """Balances, and the open orders by client_order_id as `orders`."""
        with self._failures(), self._client.pipeline() as pipe:
            pipe.get(self._address.prefix + account_key(account_id))
            pipe.hgetall(self._address.prefix + orders_key(account_id))
            page, orders = pipe.execute()
        if page is None:
            return None
        return {**_json(page), "orders": {name.decode(): _json(order) for name, order in orders.items()}}

    def progress(self, partition: str) -> Progress | None:
        key = self._address.prefix + progress_key(partition)
        with self._failures():
            found = cast(dict[bytes, bytes], self._client.hgetall(key))
        if not found:
            return None
        return Progress(found[b"genesis_id"].decode(), int(found[b"sequence"]), int(found[b"written_at_us"]))

    def _page(self, key: str) -> dict[str, Any] | None:
        with self._failures():
            page = cast(bytes | None, self._client.get(self._address.prefix + key))
        return None if page is None else cast(dict[str, Any], _json(page))

    def _failures(self) -> Any:
        return failures(self._address, "the read side can't be read")

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
