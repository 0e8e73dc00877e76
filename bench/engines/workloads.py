"""What the engines are given. Each is made before anything is timed, the same for the same seed."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bench.book_flow import BookFlow
from bench.engines.commands import Cancel, Command, Place, Script
from bench.engines.special_flow import SpecialFlow
from bulkhead.flow.bitstamp import load
from bulkhead.flow.recording import FlowCommand


class Workload(NamedTuple):
    name: str
    what: str
    script: Script


def near(resting: int, commands: int, seed: int) -> Script:
    """Limit orders near a middle that walks, cancels, takers (bench/book_flow.py)."""
    flow = BookFlow(seed)
    return Script(list(flow.resting(resting)), list(flow.commands(commands)))


def special(resting: int, commands: int, seed: int) -> Script:
    """The like, with icebergs, stops and auctions (bench/engines/special_flow.py)."""
    flow = SpecialFlow(seed)
    return Script(flow.resting(resting), flow.commands(commands))


def recorded(commands: int) -> tuple[Script, Script]:
    """The recorded order flow behind its opening book, at most so many commands; and the same without the
    post-only orders that the venue refused, which are half of it: few books know post-only.
    """
    flow = load().commands
    opening = sum(command.time_us == flow[0].time_us for command in flow)
    before, timed = flow[:opening], flow[opening : opening + commands]
    known = [command for command in timed if not command.post_only]
    return Script(_all(before), _all(timed)), Script(_all(before), _all(known))


def _all(flow: Iterable[FlowCommand]) -> list[Command]:
    return [_recorded(command) for command in flow]


def _recorded(command: FlowCommand) -> Command:
    if command.kind == "cancel":
        return Cancel(command.recorded_order_id)
    assert command.kind == "place", "the recording of ob-analytics 0.1 amends nothing"
    # A market order with a protection price takes what a limit order that is immediate or cancel takes.
    return Place(
        command.recorded_order_id,
        command.side,
        command.limit_ticks,
        command.quantity_lots,
        time_in_force=command.time_in_force,
        post_only=command.post_only,
    )


class Size(NamedTuple):
    """How much is measured."""

    commands: int
    """timed, in each workload"""
    resting: tuple[int, int]
    """of A and D, and of B"""
    rounds: int
    latency_frames: int
    million: int
    """orders in the book whose snapshot is timed"""
    warm_ups: int
    """passes before those that are timed, where there is a compiler to warm"""
    seed: int


def sized(quick: bool, seed: int) -> Size:
    if quick:
        return Size(20_000, (5_000, 100_000), 1, 1_000, 100_000, 3, seed)
    return Size(200_000, (5_000, 100_000), 3, 5_000, 1_000_000, 10, seed)


def made(size: Size, say: Callable[[str], None]) -> list[Workload]:
    few, many = size.resting
    say(f"making {size.commands:,} commands for each workload")
    whole, known = recorded(size.commands)
    return [
        Workload(
            "A",
            f"{few:,} resting, then 55 % limits, 40 % cancels, 5 % takers",
            near(few, size.commands, size.seed),
        ),
        Workload("B", f"the same on {many:,} resting", near(many, size.commands, size.seed)),
        Workload("C", "30 minutes of BTC/USD as recorded", whole),
        Workload("C_known", "C without the post-only orders that are refused", known),
        Workload("D", "as A, with icebergs, stops and auctions", special(few, size.commands, size.seed)),
    ]
