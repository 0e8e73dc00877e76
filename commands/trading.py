"""`bulkhead halt`, `resume`, `phase`, `bands`, `mark`, `collar`, `breaker`, `timetable`: how one trades.

Each is a signed decision, passed on by control; the book's answer is waited for, and shown.
"""

from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.markup import escape

from bulkhead.client.decimals import Scale
from bulkhead.domain.book.terms import CALL_PHASES
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.decisions import ChangeMade, ChangeRefused
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetMarkPrice,
    SetPriceCollar,
    SetReferencePrice,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase
from bulkhead.installation.decisions import Changed, change_trading
from bulkhead.installation.state import Installation
from bulkhead.topology.derived import clock_ticks
from bulkhead.topology.values import time_of_day_ms
from commands.decision import WAITS, ReasonOption, errors, stop, take
from commands.opened import open_installation
from commands.topology import TopologyOption

InstrumentArgument = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Such as BTC-USD.")]
PHASES = {phase.name.lower(): phase for phase in Phase}


def halt(instrument: InstrumentArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Stop trading in an instrument until somebody resumes it: only cancels are taken.

    Its timetable does not open it. Exit status 1 if the book does not do it.
    """
    _Decisions(topology, instrument, reason).send(SetPhase(instrument, Phase.HALTED, reason))


def resume(instrument: InstrumentArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Trade an instrument continuously. What has gathered in a call trades at one price before.

    To open it by an auction: `bulkhead phase INSTRUMENT auction`, and resume it later. Exit status 1 if the
    book does not do it.
    """
    _Decisions(topology, instrument, reason).send(SetPhase(instrument, Phase.CONTINUOUS, reason))


def phase(
    instrument: InstrumentArgument,
    phase: Annotated[str, typer.Argument(metavar="PHASE", help=f"One of {', '.join(PHASES)}.")],
    reason: ReasonOption,
    topology: TopologyOption = None,
) -> None:
    """Bring an instrument into any phase. A call that ends in it is uncrossed: all trades at one price.

    Exit status 1 if the book does not do it.
    """
    wanted = PHASES.get(phase)
    if wanted is None:
        stop(f"there is no phase {phase!r}; there are {', '.join(PHASES)}")
    _Decisions(topology, instrument, reason).send(SetPhase(instrument, wanted, reason))


def bands(
    instrument: InstrumentArgument,
    reason: ReasonOption,
    static: Annotated[
        str | None, typer.Option(help="How far from the reference price a trade may be, in the quote asset.")
    ] = None,
    dynamic: Annotated[
        str | None, typer.Option(help="How far from the last trade price a trade may be, in the quote asset.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The price that the static band lies around, until the next auction.")
    ] = None,
    interruption_s: Annotated[
        int,
        typer.Option(
            "--interruption-s",
            min=0,
            help="An interruption ends after so many seconds of the exchange's time; 0: an operator ends it.",
        ),
    ] = 0,
    none: Annotated[bool, typer.Option("--none", help="Take the bands away.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Set the price bands: an order that would trade outside begins an interruption instead, a call.

    Exit status 1 if the book does not do it.
    """
    if none == (static is not None or dynamic is not None):
        stop("say how wide they are (--static, --dynamic), or --none")
    decisions = _Decisions(topology, instrument, reason)
    price = decisions.price
    static_ticks, dynamic_ticks = (
        None if width is None else price.to_units(width) for width in (static, dynamic)
    )
    interruption = decisions.clock_ticks(interruption_s)
    message = SetBands(instrument, static_ticks, dynamic_ticks, interruption, reason)
    before = [] if reference is None else [SetReferencePrice(instrument, price.to_units(reference), reason)]
    decisions.send_all([*before, message])


def mark(
    instrument: InstrumentArgument,
    price: Annotated[str, typer.Argument(metavar="PRICE", help="In the quote asset.")],
    reason: ReasonOption,
    topology: TopologyOption = None,
) -> None:
    """Tell the book a price from outside: stops that wait for it are looked at.

    Exit status 1 if the book does not do it.
    """
    decisions = _Decisions(topology, instrument, reason)
    decisions.send(SetMarkPrice(instrument, decisions.price.to_units(price), reason))


def collar(
    instrument: InstrumentArgument,
    reason: ReasonOption,
    per_mille: Annotated[
        int | None,
        typer.Option("--per-mille", min=1, max=65_535, help="How much worse, in thousandths of the market."),
    ] = None,
    on_mark: Annotated[bool, typer.Option("--on-mark", help="The market is the mark price.")] = False,
    none: Annotated[bool, typer.Option("--none", help="Take it away.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Refuse orders whose price is worse for their owner than the last trade's by more than this.

    Exit status 1 if the book does not do it.
    """
    if none == (per_mille is not None):
        stop("say how much worse a price may be (--per-mille), or --none")
    decisions = _Decisions(topology, instrument, reason)
    decisions.send(SetPriceCollar(instrument, per_mille or 0, on_mark, reason))


def breaker(
    instrument: InstrumentArgument,
    reason: ReasonOption,
    move: Annotated[
        str | None, typer.Option(help="So far apart, in the quote asset, trades may be within the window.")
    ] = None,
    window_s: Annotated[int, typer.Option("--window-s", min=0, help="How long is looked back.")] = 60,
    pause_s: Annotated[
        int, typer.Option("--pause-s", min=0, help="How long it lasts; 0: until an operator ends it.")
    ] = 0,
    phase: Annotated[str, typer.Option(help="The phase that it brings: halted, or a call.")] = "halted",
    none: Annotated[bool, typer.Option("--none", help="Take it away.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Set the circuit breaker: trades too far apart in too short a time change the phase.

    Exit status 1 if the book does not do it.
    """
    if none == (move is not None):
        stop("say how far trades may be apart (--move), or --none")
    brings = PHASES.get(phase)
    if brings is not Phase.HALTED and brings not in CALL_PHASES:
        calls = ", ".join(name for name, each in PHASES.items() if each in CALL_PHASES)
        stop(f"a circuit breaker does not bring {phase!r}: halted, or a call ({calls})")
    decisions = _Decisions(topology, instrument, reason)
    move_ticks = 0 if move is None else decisions.price.to_units(move)
    if move is not None and move_ticks <= 0:
        stop(f"--move {move} is not above 0")
    window, pause = decisions.clock_ticks(window_s), decisions.clock_ticks(pause_s)
    decisions.send(SetCircuitBreaker(instrument, move_ticks, window, pause, brings, reason))


def timetable(
    instrument: InstrumentArgument,
    reason: ReasonOption,
    entries: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TIME=PHASE]...", help="UTC, such as 08:00=auction 08:05:30=continuous."),
    ] = None,
    topology: TopologyOption = None,
) -> None:
    """Replace the timetable: at these times of every day the phase changes by itself. Without times: none.

    Exit status 1 if the book does not do it.
    """
    decisions = _Decisions(topology, instrument, reason)
    parsed = [_entry(entry) for entry in entries or ()]
    entered = [SchedulePhase(instrument, time_ms, comes, reason) for time_ms, comes in parsed]
    decisions.send_all([ClearTimetable(instrument, reason), *entered])


def _entry(text: str) -> tuple[int, Phase]:
    time, _, name = text.partition("=")
    try:
        return time_of_day_ms(time), PHASES[name]
    except (ValueError, KeyError):
        stop(f"{text!r} is no entry: TIME=PHASE, such as 08:00=auction; phases are {', '.join(PHASES)}")


class _Decisions:
    """Decisions about one instrument of a running exchange."""

    def __init__(self, topology: TopologyOption, instrument_id: str, reason: str) -> None:
        self._installation: Installation = open_installation(topology)
        self._instrument_id = instrument_id
        self._reason = reason
        instruments = self._installation.topology.instruments
        if instrument_id not in instruments:
            stop(f"no such instrument: {instrument_id}; there are {', '.join(instruments)}")
        tick: Decimal = instruments[instrument_id].tick_size
        self.price = _Price(Scale("price", tick))

    def clock_ticks(self, seconds: int) -> int:
        return clock_ticks(self._installation.topology, seconds)

    def send(self, message: Any) -> None:
        """And tell what the book has answered; ends with status 1 where it does not do it."""
        answers: list[Changed] = []

        def change() -> Reason | None:
            answer = change_trading(self._installation, message)
            if isinstance(answer, Reason):
                return answer
            answers.append(answer)
            return None

        take(self._reason, change)
        self._tell(answers[0])

    def send_all(self, messages: list[Any]) -> None:
        """One after the other. Where they wait for other operators, all of them do."""
        waits: typer.Exit | None = None
        for message in messages:
            try:
                self.send(message)
            except typer.Exit as end:
                if end.exit_code != WAITS:
                    raise
                waits = end
        if waits is not None:
            raise waits

    def _tell(self, answer: Changed) -> None:
        name = escape(self._instrument_id)
        if isinstance(answer, ChangeRefused):
            numbers = f" (bound {answer.bound}, actual {answer.actual})"
            stop(f"the book refuses: {answer.reason.name.lower()}{numbers}")
        if isinstance(answer, ChangeMade):
            errors.print(f"Done: {name} is in phase {answer.phase.name.lower()}.", highlight=False)
        else:
            errors.print(
                f"{name} is halted by quarantine: it is done when that is over (`bulkhead quarantine list`).",
                highlight=False,
                soft_wrap=True,
            )


class _Price:
    """Prices as people write them; ends with status 1 where one is no multiple of the tick."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale

    def to_units(self, text: str) -> int:
        try:
            return self._scale.to_units(text)
        except ValueError as problem:
            stop(str(problem))
