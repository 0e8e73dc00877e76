"""Checks the values of each instrument against each other."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from bulkhead.domain.amounts import NOTIONAL_MAX
from bulkhead.topology.hints import is_multiple, nearest, text, unknown
from bulkhead.topology.models import Instrument, Topology
from bulkhead.topology.problems import Finding, Path
from bulkhead.topology.values import decimals_needed, time_of_day_ms

BAND_PRICES = ("static", "dynamic", "reference")
NUMBER_MAX = 2**62
"""Prices in ticks and quantities in lots are at most this; sums of two still fit 64 bits."""


def instruments(topology: Topology) -> Iterator[Finding]:
    for instrument_id, instrument in topology.instruments.items():
        path: Path = ("instruments", instrument_id)
        sound = True
        for role, asset in (("base", instrument.base), ("quote", instrument.quote)):
            if asset not in topology.assets:
                sound = False
                yield unknown((*path, role), "asset", asset, list(topology.assets))
        if sound and instrument.base == instrument.quote:
            sound = False
            problem = f"{instrument.quote} is traded for itself"
            yield Finding((*path, "quote"), problem, "base and quote are two assets")
        numbers = list(_numbers(path, instrument))
        yield from numbers
        yield from _least_display(path, instrument)
        yield from _trading(path, instrument)
        if sound and not numbers:
            yield from _units(topology, path, instrument)


def _numbers(path: Path, instrument: Instrument) -> Iterator[Finding]:
    for kind, unit_name in (("price", "tick"), ("quantity", "lot")):
        step_name = f"{kind}_increment"
        step: Decimal = getattr(instrument, step_name)
        unit: Decimal | None = getattr(instrument, unit_name)
        if step <= 0:
            yield Finding((*path, step_name), f"{step:f} is not above zero", "such as 0.01")
            continue
        if unit is not None and unit <= 0:
            yield Finding((*path, unit_name), f"{unit:f} is not above zero", "such as 0.01")
            continue
        if unit is not None and not is_multiple(step, unit):
            problem = f"{step:f} is not a multiple of the {unit_name} {unit:f}"
            yield Finding((*path, step_name), problem, nearest(step, unit))
        for end in ("min", "max"):
            bound: Decimal = getattr(instrument, f"{kind}_{end}")
            where: Path = (*path, f"{kind}_{end}")
            counted = Fraction(bound) / Fraction(unit or step)
            if bound < step:
                yield Finding(where, f"{bound:f} is less than one increment", f"at least {step:f}")
            elif not is_multiple(bound, step):
                problem = f"{bound:f} is not a multiple of {step_name} {step:f}"
                yield Finding(where, problem, nearest(bound, step))
            elif counted > NUMBER_MAX:
                hint = f"at most {text(Fraction(unit or step) * NUMBER_MAX)}, or a larger {unit_name}"
                yield Finding(where, f"{bound:f} is more than 2^62 {unit_name}s", hint)
        low, high = getattr(instrument, f"{kind}_min"), getattr(instrument, f"{kind}_max")
        if low > high:
            problem = f"{high:f} is below {kind}_min {low:f}"
            yield Finding((*path, f"{kind}_max"), problem, f"at least {low:f}")


def _least_display(path: Path, instrument: Instrument) -> Iterator[Finding]:
    least, step = instrument.least_display_quantity, instrument.quantity_increment
    where: Path = (*path, "least_display_quantity")
    if least is None or step <= 0:
        return
    if least < step:
        yield Finding(where, f"{least:f} is less than one increment", f"at least {step:f}; or leave it out")
    elif not is_multiple(least, step):
        problem = f"{least:f} is not a multiple of quantity_increment {step:f}"
        yield Finding(where, problem, nearest(least, step))
    elif least > instrument.quantity_max:
        problem = f"{least:f} is more than quantity_max {instrument.quantity_max:f}: no iceberg would hide"
        yield Finding(where, problem, f"less than {instrument.quantity_max:f}")


def _trading(path: Path, instrument: Instrument) -> Iterator[Finding]:
    """Bands, circuit breaker, timetable, matching."""
    bands, breaker = instrument.bands, instrument.circuit_breaker
    prices: list[tuple[Path, Decimal | None]] = []
    if bands is not None:
        prices += [((*path, "bands", name), getattr(bands, name)) for name in BAND_PRICES]
        if bands.static is None and bands.dynamic is None:
            yield Finding((*path, "bands"), "has no band", "give it static, dynamic or both; or leave it out")
    if breaker is not None:
        prices.append(((*path, "circuit_breaker", "move"), breaker.move))
    for where, price in prices:
        if price is None:
            continue
        tick = instrument.tick_size
        if price <= 0:
            yield Finding(where, f"{price:f} is not above zero", f"at least {tick:f}")
        elif tick > 0 and not is_multiple(price, tick):
            yield Finding(where, f"{price:f} is not a multiple of the tick {tick:f}", nearest(price, tick))
        elif tick > 0 and Fraction(price) / Fraction(tick) > NUMBER_MAX:
            yield Finding(where, f"{price:f} is more than 2^62 ticks", "a smaller one")
    times = [time_of_day_ms(time) for time in instrument.phases]
    for number, time in enumerate(instrument.phases):
        if times[number] in times[:number]:
            yield Finding((*path, "phases", time), f"{time} is there twice", "keep one of them", at_key=True)
    if instrument.pro_rata is not None and instrument.matching != "pro-rata":
        problem = f"has no meaning with matching: {instrument.matching}"
        yield Finding((*path, "pro_rata"), problem, "matching: pro-rata, or leave it out")


def _units(topology: Topology, path: Path, instrument: Instrument) -> Iterator[Finding]:
    base, quote = topology.assets[instrument.base].decimals, topology.assets[instrument.quote].decimals
    tick, lot = Fraction(instrument.tick_size), Fraction(instrument.lot_size)
    tick_name = "price_increment" if instrument.tick is None else "tick"
    lot_name = "quantity_increment" if instrument.lot is None else "lot"
    needed = decimals_needed(lot) or 0
    if needed > base:
        units = f"{instrument.base}'s smallest units ({base} decimals)"
        hint = f"{instrument.base} with {needed} decimals would do"
        yield Finding((*path, lot_name), f"{text(lot)} is not a whole number of {units}", hint)
    needed = decimals_needed(tick * lot) or 0
    if needed > quote:
        units = f"{instrument.quote}'s smallest units ({quote} decimals)"
        problem = f"{tick_name} x {lot_name} is {text(tick * lot)}, not a whole number of {units}"
        hint = f"{instrument.quote} with {needed} decimals would do, or a larger {tick_name}"
        yield Finding((*path, tick_name), problem, hint)
    most = Fraction(instrument.price_max) * Fraction(instrument.quantity_max) * 10**quote
    if most > NOTIONAL_MAX:
        problem = f"price_max x quantity_max is more than 2^101 smallest units of {instrument.quote}"
        yield Finding((*path, "quantity_max"), problem, "lower one of the two")
