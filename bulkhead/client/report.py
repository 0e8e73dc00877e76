"""One execution report as a program sees it: the exchange's message, and its numbers as decimals."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bulkhead.client.connection import Connection
from bulkhead.client.decimals import Scale, asset_scale


class InstrumentScales:
    """How an instrument's whole numbers are written as decimals."""

    __slots__ = ("fee", "instrument_id", "price", "quantity")

    def __init__(self, connection: Connection, instrument_id: str) -> None:
        facts = connection.instrument(instrument_id)
        self.instrument_id = instrument_id
        self.price = Scale(f"price in {instrument_id}", Decimal(facts.tick), Decimal(facts.price_increment))
        self.quantity = Scale(
            f"quantity in {instrument_id}", Decimal(facts.lot), Decimal(facts.quantity_increment)
        )
        self.fee = asset_scale(facts.quote, connection.assets[facts.quote].decimals)


class Report:
    """`message` is one of bulkhead.domain.messages.reports, linked, mass or reversal; the properties are its
    numbers as decimals.

    A property that the message has no number for raises AttributeError. LookupError: connection.json is
    older than the instrument; `message` has the whole numbers.
    """

    __slots__ = ("_assets", "_scales", "message", "reported_at_us", "sequence")

    def __init__(
        self,
        sequence: int,
        message: Any,
        reported_at_us: int,
        scales: InstrumentScales | None,
        assets: Mapping[str, Scale],
    ) -> None:
        self.sequence = sequence
        """in the participant's reports, dense from 1"""
        self.message = message
        self.reported_at_us = reported_at_us
        """the exchange's wall time when it was sent, microseconds since 1970; an annotation, it may repeat"""
        self._scales = scales
        self._assets = assets

    def __repr__(self) -> str:
        return f"Report({self.sequence}, {self.message!r})"

    @property
    def instrument_id(self) -> str:
        return self._known().instrument_id

    @property
    def price(self) -> Decimal:
        """Of a fill, a replaced, repriced or open order: quote asset for one of the base asset."""
        return self._known().price.to_decimal(self.message.price_ticks)

    @property
    def quantity(self) -> Decimal:
        """Of a fill; canceled or taken off; or the order's total: base asset."""
        return self._known().quantity.to_decimal(self.message.quantity_lots)

    @property
    def leaves(self) -> Decimal:
        """What is left of the order: base asset."""
        return self._known().quantity.to_decimal(self.message.leaves_lots)

    @property
    def filled(self) -> Decimal:
        """Of linked orders: what has traded of their entry, base asset."""
        return self._known().quantity.to_decimal(self.message.filled_lots)

    @property
    def stop_price(self) -> Decimal | None:
        """Of an open order that has one: quote asset for one of the base asset."""
        terms = self.message.terms
        ticks = None if terms is None else terms.stop_price_ticks
        return None if ticks is None else self._known().price.to_decimal(ticks)

    @property
    def fee(self) -> Decimal:
        """Of a fill, in the quote asset; negative: a rebate."""
        return self._known().fee.to_decimal(self.message.fee_amount)

    @property
    def amount(self) -> Decimal:
        """Of a credit, in its asset."""
        return self._assets[self.message.asset_id].to_decimal(self.message.amount)

    @property
    def balance(self) -> Decimal:
        """After a credit, in its asset."""
        return self._assets[self.message.asset_id].to_decimal(self.message.balance)

    def _known(self) -> InstrumentScales:
        if self._scales is None:
            raise LookupError(
                f"report {self.sequence} names no instrument that connection.json describes:"
                f" {self.message!r} has the numbers in ticks and lots"
            )
        return self._scales
