"""At rest: slots that an operator has moved have all moved, in parts of the size that was said, in order."""

from bulkhead.domain.messages.decisions import DECISIONS, DecisionTaken
from bulkhead.domain.messages.moving import LeaveSlots, MoveSlots
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import CONTROL, Evidence, Streams, messages
from bulkhead.wire.codec import Malformed, TypeUnknown, decode

Part = tuple[int, int, int, int]
"""first and last slot, from whom, to whom"""


def check_moves(evidence: Evidence, streams: Streams) -> None:
    under_way = evidence.domain(CONTROL).control.move
    must(under_way is None, f"a move has not come to its end: {under_way}")
    begun = _begun(evidence, streams)
    for move in _decided(evidence, streams):
        for part in _parts(move):
            found = begun.pop(0) if begun else None
            must(found == part, f"of {move} the slots {part} were to move, and {found} did")
    must(not begun, f"no operator has decided that these slots move: {begun}")


def _parts(move: MoveSlots) -> list[Part]:
    size = move.slots_at_once or move.last_slot + 1 - move.first_slot
    firsts = range(move.first_slot, move.last_slot + 1, size)
    return [(first, min(first + size - 1, move.last_slot), move.old, move.new) for first in firsts]


def _begun(evidence: Evidence, streams: Streams) -> list[Part]:
    """What old shards were told to leave, in the order in which control has begun it."""
    found: dict[int, Part] = {}
    for old in range(len(evidence.shards("risk"))):
        for message in messages(streams, f"orders/{old}", CONTROL):
            if isinstance(message, LeaveSlots):
                must(message.move_id not in found, f"two moves have the number {message.move_id}")
                found[message.move_id] = message.first_slot, message.last_slot, old, message.new
    return [found[number] for number in sorted(found)]


def _decided(evidence: Evidence, streams: Streams) -> list[MoveSlots]:
    """By operators, in the order in which control has taken it."""
    asked: dict[tuple[bytes, int, int], MoveSlots] = {}
    for _, frame in evidence.verified(CONTROL):
        if frame is not None and frame.signer is not None:
            for sequence, event in enumerate(frame.events, frame.first):
                try:
                    message = decode(event)
                except (Malformed, TypeUnknown):
                    continue
                if isinstance(message, MoveSlots):
                    asked.setdefault((*frame.signer, sequence), message)
    taken = (each for each in messages(streams, DECISIONS, CONTROL) if isinstance(each, DecisionTaken))
    found = (asked.get((each.public_key, each.epoch, each.sequence)) for each in taken)
    return [each for each in found if each is not None]
