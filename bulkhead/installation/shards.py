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
LOOK_EVERY_S: Final = 0.5


def told_now(installation: Installation) -> Told:
    return told_so_far(installation, taken_decisions(installation))


def owners_now(installation: Installation) -> tuple[int, ...]:
    """By slot the risk shard that has it, as the log says. Of an exchange that was not founded, or whose
    slots can't have moved: as the topology says, and nothing is read. TemporaryError, FatalError: the log's.
    """
    wanted = derived.slot_table(installation.topology.shards.risk)
    record = genesis_record(installation)
    founded = None if record is None or not record["written"] else founded_topology(record)
    if founded is None:
        return wanted
    if not has_told(installation) and derived.slot_table(founded.shards.risk) == wanted:
        return wanted
    return told_now(installation).risk.owners


def accesses_now(installation: Installation) -> list[Access]:
    """What each role may do, where slots are on their way: a participant writes to who has them."""
    return accesses(installation.topology, shut_out_participants(installation), owners_now(installation))


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
        run = slots.Run(decided.first_slot, decided.last_slot, decided.old, decided.new)
        _let_participants_write(installation, run)
    _decide(installation, ref, decided)
    if isinstance(decided, MoveSlots):
        _let_participants_write(installation)


def _at_rest(installation: Installation) -> Told:
    """When no move is under way. NoExchange: one does not end."""
    give_up_at = time.monotonic() + MOVE_TIMEOUT_S
    while (told := told_now(installation)).under_way is not None:
        if time.monotonic() > give_up_at:
            raise NoExchange(f"{told.under_way} is still under way after {MOVE_TIMEOUT_S:g} s: {_WAITS}")
        time.sleep(LOOK_EVERY_S)
    return told


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
    done = decide_and_follow(
        installation, decided, lambda told: told if isinstance(told, SlotsMoved) else None, MOVE_TIMEOUT_S
    )
    if isinstance(done, Reason):
        raise FatalError(f"{what}: {done.name.lower()}")
    if done is None:
        raise NoExchange(f"{decided} is not done after {MOVE_TIMEOUT_S:g} s: {_WAITS}")


def _let_participants_write(installation: Installation, going: slots.Run | None = None) -> None:
    """To the risk shard that has their slots, which they are told, and to the one where slots are `going`."""
    owners = owners_now(installation)
    write_connection(installation, identity_of(installation).genesis_id, owners)
    topology = installation.topology
    if not topology.log.secured:
        return
    found = accesses(topology, shut_out_participants(installation), owners)
    if going is not None and not topology.has_gateways:  # where they write through them, their topics stay
        names = slots.participants_in(topology, going)
        roles = {participant_role(topology.exchange, name) for name in names}
        found = [_wider(each, f"orders/{going.new}") if each.role in roles else each for each in found]
    grant(installation.log_address, found)


def _wider(access: Access, partition: str) -> Access:
    if not access.produces:  # shut out
        return access
    return replace(access, produces=(*access.produces, partition))
