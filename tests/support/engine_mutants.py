"""Bugs to plant in the native engine's book: each has to be found by the comparison with the reference.

They are planted in a copy of the crate, all of them at once; an environment variable says which is awake.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

ENGINE: Final = Path(__file__).parents[2] / "engine"
AWAKE: Final = "BULKHEAD_MUTANT"
"""The environment variable: the number of a mutant, its place in MUTANTS from 1."""


class Mutant(NamedTuple):
    """`wrong` instead of `right`, an expression that stands once in the file, of engine/src/book."""

    sentence: str
    file: str
    right: str
    wrong: str


MUTANTS: Final = (
    Mutant(
        "after an uncross an iceberg's slice is a whole one, though a part of it has traded",
        "display.rs",
        "(slice_lots - begun_lots).min(remaining_lots)",
        "slice_lots.min(remaining_lots)",
    ),
    Mutant(
        "a hidden order stands among those that are displayed",
        "side.rs",
        "!order.is_hidden()",
        "true",
    ),
    Mutant(
        "a pro-rata share of just the minimum is dropped",
        "pro_rata.rs",
        "share >= rule.minimum_lots",
        "share > rule.minimum_lots",
    ),
    Mutant(
        "the last lots of an order with a minimum quantity never trade",
        "plan.rs",
        "left < resting.least_lots().min(resting.remaining_lots)",
        "left < resting.least_lots()",
    ),
    Mutant(
        "a trailing stop to buy follows the highest trade of a command, not the lowest",
        "stops.rs",
        "(behind(order, lowest), behind(order, lowest) < now_ticks)",
        "(behind(order, highest), behind(order, highest) < now_ticks)",
    ),
    Mutant(
        "of the stops that are reached the one that the price has passed least goes first",
        "waiting.rs",
        "(beyond <= 0).then_some((beyond, arrival))",
        "(beyond <= 0).then_some((-beyond, arrival))",
    ),
    Mutant(
        "the exits of a bracket get what its entry traded last, not all that it traded",
        "links.rs",
        "link.filled_lots += concerned.traded_lots",
        "link.filled_lots = concerned.traded_lots",
    ),
    Mutant(
        "of two auction prices with one quantity the greater surplus is taken",
        "equilibrium.rs",
        "-self.surplus_lots.abs()",
        "self.surplus_lots.abs()",
    ),
    Mutant(
        "a replace that changes nothing loses its place",
        "replace.rs",
        "terms.quantity_lots <= order.remaining_lots",
        "terms.quantity_lots < order.remaining_lots",
    ),
    Mutant(
        "the dynamic band lies around the auction price though there was a trade since",
        "bands.rs",
        "book.last_price_ticks.or(book.reference_ticks)",
        "book.reference_ticks.or(book.last_price_ticks)",
    ),
    Mutant(
        "a gtd order is taken whose time is just over",
        "refuse.rs",
        "end_ms > book.time_ms",
        "end_ms >= book.time_ms",
    ),
    Mutant(
        "a quote that is reduced keeps its place though its price has changed",
        "mass_quote.rs",
        "price_ticks == order.price_ticks && lots <= order.remaining_lots",
        "lots <= order.remaining_lots",
    ),
)


def build(folder: Path) -> Path:
    """The library of a crate with every mutant in it, all asleep; made in `folder`, which must be empty."""
    crate = folder / "engine"
    shutil.copytree(ENGINE, crate, ignore=shutil.ignore_patterns("target"))
    for number, mutant in enumerate(MUTANTS, 1):
        _plant(crate / "src" / "book" / mutant.file, number, mutant)
    with (crate / "src" / "lib.rs").open("a") as lib:
        lib.write(
            "pub(crate) fn is_awake(number: u32) -> bool {\n"
            f'    std::env::var("{AWAKE}").is_ok_and(|awake| awake == number.to_string())\n'
            "}\n"
        )
    # The crates that ours depends on are built once, and found again by the next run.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ENGINE / "target" / "mutants")}
    command = ("cargo", "build", "--quiet", "--locked", "--features", "extension-module")
    subprocess.run(command, cwd=crate, env=environment, check=True)
    built = ENGINE / "target" / "mutants" / "debug" / "lib_engine.so"
    return Path(shutil.copy(built, folder / "_engine.abi3.so"))


def _plant(path: Path, number: int, mutant: Mutant) -> None:
    text = path.read_text()
    assert text.count(mutant.right) == 1, f"{mutant.file} does not have once: {mutant.right}"
    either = f"(if crate::is_awake({number}) {{ {mutant.wrong} }} else {{ {mutant.right} }})"
    path.write_text(text.replace(mutant.right, either))
