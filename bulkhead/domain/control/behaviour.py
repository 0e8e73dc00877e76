"""ChangeBehaviour: the rules' version, for all shards, one kind after another.

Who is asked switches before who asks, and back after it (domain/behaviour.py says why): control tells the
next kind when each shard of the one before has confirmed. Going back, those who ask say so in their own
streams too, and those they ask wait for all of these. One change at a time; only a change to a higher
version can be taken back while it is going on.

Control goes by the version itself (Control.rules_version). It asks all others, so it is behind them: the last
on the way up, the first on the way back.
"""

from collections.abc import Sequence
from typing import Final

from bulkhead.domain.behaviour import check_known, check_saved
from bulkhead.domain.control.model import BehaviourChange, Control
from bulkhead.domain.machine import Outbox, State
from bulkhead.domain.messages.behaviour import (
    BehaviourChanged,
    BehaviourTaken,
    ChangeBehaviour,
    TakeBehaviour,
)
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.reasons import Reason

ORDER: Final = (("settlement", "settlement"), ("book", "books"), ("risk", "orders"))
"""kinds of shards and their topics, in the order in which a higher version is taken: each is asked by the
one after it"""


def change_behaviour(control: Control, event: ChangeBehaviour, out: Outbox) -> Reason | None:
    """Why not, if not. What comes of it, `decisions` is told."""
    now, change = control.behaviour_version, control.behaviour_change
    undoes = change is not None and not change.back and event.version == now
    if change is not None and not undoes:
        return Reason.BEHAVIOUR_CHANGING
    if event.version == now and not undoes:
        return Reason.BEHAVIOUR_SAME
    if not 1 <= event.version <= now + 1:
        return Reason.BEHAVIOUR_STEP
    check_known(event.version)
    control.behaviour_changes += 1
    back = undoes or event.version < now
    control.behaviour_change = BehaviourChange(control.behaviour_changes, event.version, back)
    _tell_next(control, control.behaviour_change, out)
    return None


def behaviour_taken(control: Control, event: BehaviourTaken, out: Outbox) -> None:
    out.send(DECISIONS, event)
    change = control.behaviour_change
    if change is None or event.change != change.number:
        return  # of a change that was taken back meanwhile
    change.waiting.discard(event.shard)
    if not change.waiting:
        change.told += 1
        _tell_next(control, change, out)


def _tell_next(control: Control, change: BehaviourChange, out: Outbox) -> None:
    """The next kind; after the last one it is done."""
    if change.told == len(ORDER):
        control.behaviour_version = change.version
        control.behaviour_change = None
        out.send(DECISIONS, BehaviourChanged(change.number, change.version))
        return
    place = len(ORDER) - 1 - change.told if change.back else change.told
    kind, topic = ORDER[place]
    numbers = _numbers(control, place)
    askers = asked = 0
    if change.back:
        askers = len(_numbers(control, place + 1))
        asked = max(_numbers(control, place - 1), default=-1) + 1
    change.waiting = {f"{kind}/{number}" for number in numbers}
    for number in numbers:
        out.send(f"{topic}/{number}", TakeBehaviour(change.number, change.version, askers, asked))


def _numbers(control: Control, place: int) -> Sequence[int]:
    """Of the kind's shards; of no kind: none."""
    if not 0 <= place < len(ORDER):
        return ()
    return (control.settlement_numbers(), range(control.book_shards), control.risk_numbers())[place]


def save_behaviour(control: Control) -> dict[str, State]:
    """Nothing where nothing was ever changed: such snapshots stay what they were."""
    if not control.behaviour_changes:
        return {}
    change = control.behaviour_change
    going_on = change and [change.number, change.version, change.back, change.told, sorted(change.waiting)]
    return {"behaviour_changes": [control.behaviour_changes, going_on]}


def load_behaviour(control: Control, state: State) -> None:
    control.behaviour_changes, going_on = state.get("behaviour_changes", (0, None))
    control.behaviour_change = None
    check_saved(max(control.behaviour_version, 0 if going_on is None else going_on[1]))
    if going_on is not None:
        *what, waiting = going_on
        control.behaviour_change = BehaviourChange(*what)
        control.behaviour_change.waiting = set(waiting)
