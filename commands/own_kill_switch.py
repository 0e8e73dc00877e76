"""`bulkhead order kill`, `bulkhead order release`: a participant's own kill switch."""

import typer

from bulkhead.client import Client
from bulkhead.domain.messages.kill_switch import OwnKillSwitchSet
from bulkhead.domain.messages.mass import RequestRejected
from bulkhead.domain.messages.reports import CommandRefused
from commands.decision import stop
from commands.order import (
    AFTER_S,
    ANSWER_TIMEOUT_S,
    JsonOption,
    KeyOption,
    ParticipantArgument,
    print_report,
    session_of,
)
from commands.topology import TopologyOption


def kill(
    participant: ParticipantArgument,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Cancel every live order of the participant, of all accounts, and have no new one taken (killed) until
    `bulkhead order release`, or until an operator lets go. It stands over restarts. Cancels are still taken.

    Takes a key that may cancel. Exit status 1 if it is refused, or not answered: it is then in the log, and
    obeyed when the risk shard reads on.
    """
    with session_of(participant, key, topology) as client:
        client.guards.kill()
        _show(client, as_json)


def release(
    participant: ParticipantArgument,
    key: KeyOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Lift what `bulkhead order kill` has stopped: no order comes back, and what an operator has stopped
    stays so. Takes a key that may trade. Exit status as of `kill`.
    """
    with session_of(participant, key, topology) as client:
        client.guards.release()
        _show(client, as_json)


def _show(client: Client, as_json: bool) -> None:
    """Print the answer, and what follows at once."""
    for report in client.reports(ANSWER_TIMEOUT_S):
        if isinstance(report.message, OwnKillSwitchSet | RequestRejected | CommandRefused):
            answer = report.message
            break
    else:
        stop(f"the exchange has not answered within {ANSWER_TIMEOUT_S:g} s: see `bulkhead status`")
    print_report(client, answer, as_json)
    for report in client.reports(AFTER_S):
        print_report(client, report.message, as_json)
    if not isinstance(answer, OwnKillSwitchSet):
        raise typer.Exit(1)
