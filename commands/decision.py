"""What commands that decide something have in common: the operator's reason, and control's refusal."""

from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from bulkhead.client.errors import NoExchange
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.decisions import ApprovalNeeded, decide_and_hear
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.state import Installation

REASON_CHARACTERS_MAX = 64
WAITS = 3
"""the exit status where a decision waits for other operators"""
ReasonOption = Annotated[
    str, typer.Option("--reason", help="For who reads the log later: at most 64 characters.")
]
errors = Console(stderr=True)


def take(reason: str, send: Callable[[], Reason | None], hint: str = "") -> None:
    """Send a decision and wait for control's answer. Exits with status 1 where there is none, or a refusal,
    and with 3 where it waits for other operators.

    `hint`: what control's refusal of it means.
    """
    check(reason)
    try:
        refusal = send()
    except (FatalError, TemporaryError, KeyMissing, NoExchange, FileNotFoundError) as problem:
        stop(str(problem))
    except ApprovalNeeded as waits:
        tell_of_waiting(waits)
        raise typer.Exit(WAITS) from waits
    if refusal is not None:
        stop(f"control refuses: {refusal.name.lower()}{hint and f' ({hint})'}")


def check(reason: str) -> None:
    """Stop where it is no reason."""
    if not 0 < len(reason) <= REASON_CHARACTERS_MAX:
        stop(f"the reason has {len(reason)} characters, and may have 1 to {REASON_CHARACTERS_MAX}")


def tell_of_waiting(waits: ApprovalNeeded) -> None:
    errors.print(
        f"It waits for others: {waits.operators} operators are needed. Another one sees it by `bulkhead"
        f" approvals list`, and signs for it by\n    bulkhead approvals approve {waits.digest.hex()}",
        highlight=False,
        soft_wrap=True,
    )


def take_answered(reason: str, installation: Installation, decision: Any, shards: int) -> list[Any]:
    """As `take`; what so many shards have said to the decision."""
    heard: list[Any] = []

    def send() -> Reason | None:
        refusal, answers = decide_and_hear(installation, decision, shards)
        heard.extend(answers)
        return refusal

    take(reason, send)
    return heard


def stop(problem: str) -> NoReturn:
    errors.print(f"[red]{escape(problem)}[/red]", soft_wrap=True)
    raise typer.Exit(1)
