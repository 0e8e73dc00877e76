"""Risk and settlement shards of a running exchange: which there are, who has which slots; operators change
that.
"""

import time
from dataclasses import replace
from typing import Any, Final

from bulkhead.client.errors import NoExchange
from bulkhead.domain.messages.moving import MoveSlots, SlotsMoved
from bulkhead.domain.messages.shards import RetireRiskShard
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError
from bulkhead.installation.connection import write_connection
from bulkhead.installation.decisions import decide, decide_and_follow
from bulkhead.installation.founding import founded_topology, genesis_record, identity_of
from bulkhead.installation.listing import has_told, obeys, remember_told, told_so_far
from bulkhead.installation.shut_out import shut_out_participants
from bulkhead.installation.state import Installation
from bulkhead.installation.told_since import taken_decisions
from bulkhead.log.open import grant
from bulkhead.topology import derived
from bulkhead.topology.access import Access, accesses, participant_role
from bulkhead.topology.plan import slots
from bulkhead.topology.plan.objects import Ref
from bulkhead.topology.plan.told import Told

MOVE_TIMEOUT_S: Final = 120.0
"""100,000 accounts take a few seconds; what waits longer is told, and goes on by itself."""
PART_TIMEOUT_S: Final = 2.0
"""So much longer for each part of a move: seven hops of a quarter of a second, on a log that is loaded."""
LOOK_EVERY_S: Final = 0.5


def told_now(installation: Installation) -> Told:
    return told_so_far(installation, taken_decisions(installation))


def owners_now(installation: Installation) -> tuple[int, ...]:
    """By slot the risk shard that has it, as the log says. Of an exchange that was not founded, or whose
    slots can't have moved: as the topology says, and nothing is read. TemporaryError, FatalError: the log's.
    """
    return _slots_now(installation)[0]


def _slots_now(installation: Installation) -> tuple[tuple[int, ...], slots.Run | None]:
    """By slot the risk shard that has it, and those that are on their way: which of them have come, only the
    shards know.
    """
    wanted = derived.slot_table(installation.topology.shards.risk)
    record = genesis_record(installation)
    founded = None if record is None or not record["written"] else founded_topology(record)
    if founded is None:
        return wanted, None
    if not has_told(installation) and derived.slot_table(founded.shards.risk) == wanted:
        return wanted, None
    told = told_now(installation)
    return told.risk.owners, _run(told.under_way) if isinstance(told.under_way, MoveSlots) else None


def accesses_now(installation: Installation) -> list[Access]:
    """What each role may do: a participant writes to who has its slot, and to who is to have it too."""
    return _accesses(installation, *_slots_now(installation))


def tell(installation: Installation, ref: Ref, reason: str) -> None:
    """Decide what one object needs, and wait until it is so. Repeated, it completes it.

    FatalError: refused, and why. ApprovalNeeded: the decision waits for other operators. NoExchange: it is
    not done in time, and goes on by itself. KeyMissing: there is no such operator's key here.
    """
    told = _at_rest(installation)
    obeys(installation, told)
    decided = slots.decision(installation.topology, told, ref, reason)
    if decided is None:
        _let_participants_write(installation)  # what an interrupted one has left
        return
    remember_told(installation)
    if isinstance(decided, MoveSlots):
        _let_participants_write(installation, _run(decided))
    _decide(installation, ref, decided)
    if isinstance(decided, MoveSlots):
        _let_participants_write(installation)


def _at_rest(installation: Installation) -> Told:
    """When no move is under way. NoExchange: one does not end."""
    begun = time.monotonic()
    while (told := told_now(installation)).under_way is not None:
        timeout_s = time_for(told.under_way)
        if time.monotonic() > begun + timeout_s:
            raise NoExchange(f"{told.under_way} is still under way after {timeout_s:g} s: {_WAITS}")
        time.sleep(LOOK_EVERY_S)
    return told


def time_for(decided: Any) -> float:
    """How long what was decided may take."""
    if not isinstance(decided, MoveSlots) or not decided.slots_at_once:
        return MOVE_TIMEOUT_S
    parts = -(-(decided.last_slot + 1 - decided.first_slot) // decided.slots_at_once)
    return MOVE_TIMEOUT_S + parts * PART_TIMEOUT_S


def _run(move: MoveSlots) -> slots.Run:
    return slots.Run(move.first_slot, move.last_slot, move.old, move.new)


_WAITS: Final = (
    "a shard that is down, an account in quarantine, or a book that was given up holds it up (`bulkhead"
    " status`, `bulkhead quarantine list`); it goes on by itself, and `bulkhead topology apply` does the rest"
)


def _decide(installation: Installation, ref: Ref, decided: Any) -> None:
    what = f"{' '.join(ref)}: control refuses {type(decided).__name__}"
    if isinstance(decided, RetireRiskShard):  # which is done when it is decided
        refusal = decide(installation, decided)
        if refusal is not None:
            raise FatalError(f"{what}: {refusal.name.lower()}")
        return
    timeout_s = time_for(decided)
    done = decide_and_follow(
        installation, decided, lambda told: told if isinstance(told, SlotsMoved) else None, timeout_s
    )
    if isinstance(done, Reason):
        raise FatalError(f"{what}: {done.name.lower()}")
    if done is None:
        raise NoExchange(f"{decided} is not done after {timeout_s:g} s: {_WAITS}")


def _let_participants_write(installation: Installation, going: slots.Run | None = None) -> None:
    """To the risk shard that has their slots, which they are told, and to the one where slots are `going`."""
    owners = owners_now(installation)
    write_connection(installation, identity_of(installation).genesis_id, owners)
    if not installation.topology.log.secured:
        return
    grant(installation.log_address, _accesses(installation, owners, going))


def _accesses(
    installation: Installation, owners: tuple[int, ...], going: slots.Run | None = None
) -> list[Access]:
    topology = installation.topology
    found = accesses(topology, shut_out_participants(installation), owners)
    if going is not None and not topology.has_gateways:  # where they write through them, their topics stay
        names = slots.participants_in(topology, going)
        roles = {participant_role(topology.exchange, name) for name in names}
        found = [_wider(each, f"orders/{going.new}") if each.role in roles else each for each in found]
    return found


def _wider(access: Access, partition: str) -> Access:
    if not access.produces:  # shut out
        return access
    return replace(access, produces=(*access.produces, partition))
