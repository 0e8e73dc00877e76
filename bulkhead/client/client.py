"""A participant's program at the exchange: sends signed commands and reads its reports, in one thread.

Nothing here raises because a command was refused: that is a report. What is known to be wrong before
anything is sent (a price that no number of ticks is, an instrument that does not exist) is a ValueError.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, Unpack

from bulkhead.client import state as state_file
from bulkhead.client.connection import Connection
from bulkhead.client.decimals import DecimalLike, asset_scale
from bulkhead.client.endings import ends
from bulkhead.client.errors import ClientError, NoExchange, WindowFull
from bulkhead.client.guards import Guards
from bulkhead.client.link import Link, Session
from bulkhead.client.linked import Legs, Linked
from bulkhead.client.listing import Listing
from bulkhead.client.quotes import QuoteLike, counted
from bulkhead.client.report import InstrumentScales, Report
from bulkhead.client.terms import Leg, Terms, lots, member, order_terms
from bulkhead.client.terms import order_type as type_of
from bulkhead.client.unanswered import Command, orders_in
from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.mass import MassCancel, RequestOrders
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.quotes import MassQuote
from bulkhead.domain.messages.reports import OrderAccepted, OrderStatus
from bulkhead.domain.terms import OrderType, Side, TimeInForce

FLUSH_TIMEOUT_S = 10.0
ORDERS_TIMEOUT_S = 10.0


class Client:
    """Made by `connect`. It belongs to one thread; close it, or use it with `with`."""

    def __init__(
        self,
        connection: Connection,
        participant_id: str,
        public_key: bytes,
        link: Link,
        session: Session,
        *,
        window: int,
        state: Path | None,
        save_every_reports: int,
        orders: dict[tuple[str, str], str],
        release: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.participant_id = participant_id
        self.session = session
        """what the exchange said when this session was opened"""
        self.window = window
        """so many commands may be unanswered before place and replace wait"""
        self.guards = Guards(link, self.submit, self._new_client_order_id)
        """what stops this participant's trading, where it asks for that"""
        self._public_key = public_key
        self._link = link
        self._state = state
        self._save_every = save_every_reports
        self._release = release
        self._batch: list[bytes] | None = None
        self._placed = 0
        self._closed = False
        self._scales: dict[str, InstrumentScales] = {}
        self._assets = {name: asset_scale(name, asset.decimals) for name, asset in connection.assets.items()}
        self._instrument_of = orders
        """by account and client_order_id, of orders whose end has not been given out: reports don't repeat
        it"""
        for order in session.open_orders:
            orders[order.account_id, order.client_order_id] = order.instrument_id
        mark = link.inbox.mark()
        self._saved_at = mark.last, mark.move_id

    # -- commands

    def place(
        self,
        account_id: str,
        instrument_id: str,
        side: Side | str,
        quantity: DecimalLike,
        price: DecimalLike | None = None,
        *,
        protection_price: DecimalLike | None = None,
        time_in_force: TimeInForce | str = TimeInForce.GTC,
        order_type: OrderType | str | None = None,
        post_only: bool = False,
        client_order_id: str | None = None,
        wait: bool = True,
        **terms: Unpack[Terms],
    ) -> str:
        """Send an order and return its client_order_id, which is made where none is given.

        With `price` it is a limit order (or, as `order_type` says, a stop_limit one); with `protection_price`
        a market order, or market_to_limit, stop or trailing_stop, and never trades past it. `terms`: what
        else it says. Quantities in the base asset, prices and their differences in the quote asset for one of
        the base asset. ValueError: a number that the exchange can't count, or an unknown instrument, side,
        type or time in force. While the window is full it waits and reads reports; WindowFull instead where
        `wait` is false. Nothing was sent in these cases.
        """
        kind = type_of(order_type, has_price=price is not None, has_protection=protection_price is not None)
        scales = self._scales_of(instrument_id)
        command = PlaceOrder(
            account_id,
            self._new_client_order_id() if client_order_id is None else client_order_id,
            instrument_id,
            member(Side, side, "side"),
            kind,
            member(TimeInForce, time_in_force, "time in force"),
            post_only,
            None if price is None else scales.price.to_units(price),
            None if protection_price is None else scales.price.to_units(protection_price),
            lots(scales.quantity, quantity),
            order_terms(scales, terms),
        )
        self._make_room(wait)
        self.submit((command,))
        return command.client_order_id

    def place_pair(
        self,
        account_id: str,
        instrument_id: str,
        side: Side | str,
        quantity: DecimalLike,
        *,
        limit: Leg,
        stop: Leg,
        wait: bool = True,
    ) -> Linked:
        """Send a limit order and a stop, of which one cancels the other, and return their client_order_ids.

        Each is told as `place` is: `limit={"price": "66000"}, stop={"stop_price": "58000",
        "protection_price": "57000"}`; a stop with a `price` is a stop_limit one, with `trail` a trailing one.
        Each is answered. Errors as `place`.
        """
        legs = Legs(self._scales_of(instrument_id), account_id, quantity, self._new_client_order_id)
        return self._place_linked(legs.pair(side, limit, stop), wait)

    def place_bracket(
        self,
        account_id: str,
        instrument_id: str,
        side: Side | str,
        quantity: DecimalLike,
        *,
        entry: Leg,
        limit: Leg,
        stop: Leg,
        wait: bool = True,
    ) -> Linked:
        """Send an order of this side with the pair that is to end what it trades: exits of the other side,
        which wait until it has ended. Otherwise as `place_pair`.
        """
        legs = Legs(self._scales_of(instrument_id), account_id, quantity, self._new_client_order_id)
        return self._place_linked(legs.bracket(side, entry, limit, stop), wait)

    def _place_linked(self, command: PlacePair | PlaceBracket, wait: bool) -> Linked:
        self._make_room(wait, len(command.legs))
        self.submit((command,))
        *entry, limit, stop = (leg.client_order_id for leg in command.legs)
        return Linked(limit, stop, *entry)

    def cancel(self, account_id: str, client_order_id: str) -> None:
        """Ask for an order's end. It never waits for the window: an order can be canceled at any load."""
        self.submit((CancelOrder(account_id, client_order_id),))

    def replace(
        self,
        account_id: str,
        client_order_id: str,
        quantity: DecimalLike,
        price: DecimalLike,
        *,
        stop_price: DecimalLike | None = None,
        instrument_id: str | None = None,
        wait: bool = True,
    ) -> None:
        """Give a live order a new price and a new total, what has been executed included. Errors as `place`.

        `price` is the protection price of an order that has one; `stop_price` is for one that waits for it.

        `instrument_id` is needed only for an order that this program did not place and that the exchange did
        not name when the session was opened.
        """
        known = instrument_id or self._instrument_of.get((account_id, client_order_id))
        if known is None:
            raise ValueError(
                f"this session knows no live order {client_order_id!r} of {account_id!r}: pass its"
                f" instrument_id to"
                f" replace it all the same"
            )
        scales = self._scales_of(known)
        command = ReplaceOrder(
            account_id,
            client_order_id,
            scales.price.to_units(price),
            lots(scales.quantity, quantity),
            None if stop_price is None else scales.price.to_units(stop_price),
        )
        self._make_room(wait)
        self.submit((command,))

    def mass_quote(
        self,
        account_id: str,
        instrument_id: str,
        quote_group: str,
        quotes: Sequence[QuoteLike],
        *,
        wait: bool = True,
    ) -> str:
        """Set quotes of both sides at once, all or none; the request's id.

        Each is (client_order_id, side, quantity, price). One that is live gets the price, and the quantity is
        what is open of it from now on; quantity 0, which needs no price, withdraws it; one that isn't is new;
        what is not named stays. QuotesRejected: nothing has changed. Otherwise each quote has the report of
        an order, a replace or a cancel. Each counts in the window. Errors as `place`.
        """
        counted_quotes = counted(self._scales_of(instrument_id), quotes)
        self._make_room(wait, len(counted_quotes))
        request_id = self._new_client_order_id()
        self.submit((MassQuote(request_id, account_id, instrument_id, quote_group, counted_quotes),))
        return request_id

    def mass_cancel(
        self,
        account_id: str,
        *,
        instrument_id: str | None = None,
        side: Side | str | None = None,
        quote_group: str | None = None,
    ) -> str:
        """Ask for the end of every live order of the account that fits all that is said; the request's id.

        MassCanceled reports how many were asked for; each of them is then told by OrderCanceled (mass_cancel)
        or MassCancelMissed. It never waits for the window.
        """
        wanted = None if side is None else member(Side, side, "side")
        request_id = self._new_client_order_id()
        self.submit((MassCancel(request_id, account_id, instrument_id, wanted, quote_group),))
        return request_id

    def orders(self, account_id: str | None = None, timeout_s: float = ORDERS_TIMEOUT_S) -> list[OrderStatus]:
        """The live orders of the account, or of all, as risk knows them when it takes the request.

        By order id. The list is in `reports` as well: it counts in what was reported before it, and nothing
        that is reported after it. NoExchange: no answer in time; ClientError: it was refused.
        """
        if self._batch is not None:
            raise ValueError("orders() waits for its answer: call it outside batch()")
        listing = Listing(self._new_client_order_id())
        self._link.listing = listing
        try:
            self.submit((RequestOrders(listing.request_id, account_id),))
            if not self._link.wait(timeout_s, lambda: listing.complete):
                raise NoExchange(f"the exchange has not listed the orders within {timeout_s:g} s")
        finally:
            self._link.listing = None
        if listing.rejected is not None:
            raise ClientError(
                f"the exchange does not list the orders of {account_id!r}: "
                f"{listing.rejected.reason.name.lower()}"
            )
        for order in listing.orders:
            self._instrument_of.setdefault((order.account_id, order.client_order_id), order.instrument_id)
        return listing.orders

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Commands placed inside go out together when the block ends: one signature, one append.

        When it ends with an exception, what was placed before that is sent all the same.
        """
        if self._batch is not None:
            yield  # inside another one, which sends
            return
        self._batch = []
        self._link.numbers_held = True
        try:
            yield
        finally:
            self._link.numbers_held = False
            events, self._batch = self._batch, None
            self._link.send(events)

    def submit(self, commands: Sequence[Command]) -> int:
        """The fast way, in whole numbers: send commands as they are, together; the first one's sequence.

        The others are numbered one after another. Nothing is checked and the window is not waited for:
        compare `unanswered` with `window`, and call `raw_reports` meanwhile.
        """
        link = self._link
        link.usable()
        first = link.last_sequence + 1 + (0 if self._batch is None else len(self._batch))
        events = [link.register(command, sequence) for sequence, command in enumerate(commands, first)]
        for command in commands:
            for order in orders_in(command):
                # A repeated client_order_id is refused: the first order keeps its instrument.
                self._instrument_of.setdefault((order.account_id, order.client_order_id), order.instrument_id)
        if self._batch is None:
            link.send(events)
        else:
            self._batch += events
        return first

    def _make_room(self, wait: bool, commands: int = 1) -> None:
        """Return when the window has room for so many commands, or nothing is unanswered."""
        unanswered = self._link.unanswered
        most = max(self.window - commands, 0)
        if unanswered.count <= most:
            return
        if self._batch:  # else nobody would answer what the wait is for
            events, self._batch = self._batch, []
            self._link.send(events)
        self._link.read(0.0)
        if unanswered.count <= most:
            return
        if not wait:
            raise WindowFull(
                f"{unanswered.count} commands are unanswered and the window is {self.window}: read reports,"
                f" or wait"
            )
        self._link.wait(None, lambda: unanswered.count <= most)

    def _new_client_order_id(self) -> str:
        """Unique among all sessions of the key, since the epoch is."""
        self._placed += 1
        return f"{self.session.epoch:x}-{self._placed:x}"

    @property
    def unanswered(self) -> int:
        """Commands of this session that no report has answered, as far as reports have been read."""
        return self._link.unanswered.count

    @property
    def unsent(self) -> int:
        """Frames that the log has not taken; they are offered again whenever reports are read."""
        return self._link.unsent

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Return when the log has everything. TemporaryError when the time is over: the commands stay
        queued."""
        self._link.flush(timeout_s)

    # -- reports

    def reports(self, timeout_s: float | None = None) -> Iterator[Report]:
        """Reports in order, one by one, until none has come for `timeout_s` seconds; None: without end.

        SessionLost, ReportsBroken: after everything that was read before.
        """
        inbox = self._link.inbox
        while True:
            while inbox.waiting:
                self._save_now_and_then()
                sequence, message, reported_at_us = inbox.take_one()
                report = Report(sequence, message, reported_at_us, self._scales_for(message), self._assets)
                self._keep_names(message)
                yield report
            if not self._link.wait(timeout_s, lambda: inbox.waiting):
                return

    def raw_reports(self, timeout_s: float = 0.0) -> list[Any]:
        """The messages of all reports there are, after waiting up to `timeout_s` seconds for the first one.

        The fast way: no decimals. Those given out before count as handled now. Errors as `reports`.
        """
        self._save_now_and_then()
        inbox = self._link.inbox
        if inbox.waiting:
            self._link.read(0.0)
        else:
            self._link.wait(timeout_s, lambda: inbox.waiting)
        messages = inbox.take()
        for message in messages:
            self._keep_names(message)
        return messages

    @property
    def on_answer(self) -> Callable[[int, Any], None] | None:
        """Called as reports are read with a command's sequence and the report that answers it."""
        return self._link.on_answer

    @on_answer.setter
    def on_answer(self, call: Callable[[int, Any], None] | None) -> None:
        self._link.on_answer = call

    @property
    def reported_at_us(self) -> int:
        """The exchange's wall time in the newest frame of reports read, microseconds since 1970."""
        return self._link.reported_at_us

    @property
    def reports_repeated(self) -> int:
        """Reports that the exchange sent again after a restart, and that were dropped here."""
        return self._link.inbox.repeated

    def _scales_of(self, instrument_id: str) -> InstrumentScales:
        scales = self._scales.get(instrument_id)
        if scales is None:
            scales = self._scales[instrument_id] = InstrumentScales(self.connection, instrument_id)
        return scales

    def _scales_for(self, message: Any) -> InstrumentScales | None:
        name = getattr(message, "instrument_id", None)
        return None if name is None or name not in self.connection.instruments else self._scales_of(name)

    def _keep_names(self, message: Any) -> None:
        """Drop what is kept of an order when its end is given out; keep it of quotes that are new."""
        if type(message) is OrderAccepted:
            self._instrument_of[message.account_id, message.client_order_id] = message.instrument_id
        elif ends(message):
            self._instrument_of.pop((message.account_id, message.client_order_id), None)

    # -- life

    def save(self) -> None:
        """Write the state file, if there is one: all reports given out so far count as handled."""
        if self._state is None:
            return
        position, last, crc, risk_shard, move_id = self._link.inbox.mark()
        state_file.save(
            self._state,
            state_file.State(
                self.connection.exchange_id,
                self.connection.genesis_id,
                self.participant_id,
                self._public_key.hex(),
                self.session.epoch,
                None if position is None else position.hex(),
                last,
                crc,
                risk_shard,
                move_id,
                [(account, order, name) for (account, order), name in self._instrument_of.items()],
            ),
        )
        self._saved_at = last, move_id

    def _save_now_and_then(self) -> None:
        if self._state is None:
            return
        mark, (last, move_id) = self._link.inbox.mark(), self._saved_at
        if mark.last - last >= self._save_every or mark.move_id != move_id:
            self.save()

    def close(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Send what is queued, save, let go. Orders stay open. TemporaryError: the log took not all
        commands."""
        if self._closed:
            return
        try:
            self.flush(timeout_s)
            self.save()
        finally:
            self._closed = True
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close; after an exception without saving, so that the reports that were being handled come
        again."""
        if kind is None:
            self.close()
        elif not self._closed:
            self._closed = True
            self._release()
