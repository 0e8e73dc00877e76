"""AddRiskShard and RetireRiskShard: how many risk shards there are, while the exchange trades.

What control has told all risk shards it does not keep: another one, which does, tells it to the new one. In
that one's stream to the new shard it stands where control's decision stood in its own. What control says to
all of them from then on waits for the end, or, as a kill switch, which is never refused, is told last.
"""

from bulkhead.domain.control.model import Control, Founding, Kind, Move
from bulkhead.domain.machine import Outbox, State
from bulkhead.domain.messages.control import DefineShards, SetBehaviour
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.kill_switch import KillScope, ThrowKillSwitch
from bulkhead.domain.messages.moving import SlotsMoved
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.messages.shards import AddRiskShard, GiveDefinitions, RetireRiskShard, ShardRetired
from bulkhead.domain.order_ids import RISK_SHARDS
from bulkhead.domain.reasons import Reason


def add_risk_shard(control: Control, event: AddRiskShard, out: Outbox) -> Reason | None:
    """Why not, if not. `decisions` is told SlotsMoved when it is there."""
    if control.is_moving:
        return Reason.SLOT_MOVING
    if control.behaviour_change is not None:
        return Reason.BEHAVIOUR_CHANGING  # it would be told neither version in its turn
    if event.risk_shard != control.risk_shards or event.risk_shard >= RISK_SHARDS:
        return Reason.SHARD_NUMBER
    giver = control.risk_numbers()[0]
    control.moves += 1
    founding = control.founding = Founding(control.moves, event.risk_shard, Kind.RISK)
    control.risk_shards += 1
    shards = DefineShards(control.risk_shards, control.book_shards, control.settlement_shards)
    for destination in _who_speaks_to_all(control):
        out.send(destination, shards)
    for number in sorted(control.retired_settlement):
        out.send(f"orders/{founding.new}", SettlementRetired(number))
    out.send(f"orders/{founding.new}", SetBehaviour(control.behaviour_version))
    out.send(f"orders/{giver}", GiveDefinitions(founding.number, founding.new))
    return None


def retire_risk_shard(control: Control, event: RetireRiskShard, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if control.is_moving:
        return Reason.SLOT_MOVING
    if event.risk_shard >= control.risk_shards:
        return Reason.SHARD_UNKNOWN
    if event.risk_shard in control.retired:
        return Reason.SHARD_RETIRED
    if control.behaviour_change is not None:
        return Reason.BEHAVIOUR_CHANGING  # who waits for it would wait for ever
    if event.risk_shard in control.risk:
        return Reason.SHARD_HAS_SLOTS
    shard_retired(control, ShardRetired(event.risk_shard), out)
    return None


def shard_retired(control: Control, event: ShardRetired, out: Outbox) -> None:
    """Of the genesis: of an exchange that is founded as another one has become."""
    control.retired.add(event.risk_shard)
    for destination in _who_speaks_to_all(control):
        out.send(destination, event)


def _who_speaks_to_all(control: Control) -> list[str]:
    """Beside control: the partitions of who says something to every risk shard."""
    return ["clock/0", *(f"books/{number}" for number in range(control.book_shards))]


def founded(control: Control, founding: Founding, event: SlotsMoved, out: Outbox) -> None:
    """The new shard knows what the others knew."""
    control.founding = None
    for switch in founding.switches:
        out.send(f"orders/{founding.new}", switch)
    out.send(DECISIONS, event)


def save_shards(control: Control) -> dict[str, State]:
    """Nothing where nothing was ever added or ended: such snapshots stay what they were."""
    founding, move = control.founding, control.move
    found: dict[str, State] = {"retired": sorted(control.retired)} if control.retired else {}
    if control.retired_settlement:
        found["retired_settlement"] = sorted(control.retired_settlement)
    if control.moves:
        found["moves"] = [control.moves, move and _saved(move)]
    if founding is not None:
        switches = [
            [each.public_key, each.epoch, each.sequence, int(each.scope), each.name, each.on]
            for each in founding.switches
        ]
        found["founding"] = [founding.number, founding.new, switches, *_kind(founding.kind)]
    return found


def _saved(move: Move) -> list[State]:
    """Where it has no parts as it was when there were none."""
    part = [move.number, move.first_slot, move.last_slot, move.old, move.new]
    if not move.slots_at_once:
        return [*part, *_kind(move.kind)]
    return [*part, move.kind.value, move.end_slot, move.slots_at_once]


def _kind(kind: Kind) -> list[str]:
    """None of a risk shard's: there were no others once."""
    return [] if kind is Kind.RISK else [kind.value]


def load_shards(control: Control, state: State) -> None:
    control.retired = set(state.get("retired", ()))
    control.retired_settlement = set(state.get("retired_settlement", ()))
    control.moves, move = state.get("moves", (0, None))
    control.move = None
    if move is not None:
        number, first, last, old, new, *more = move
        kind, *parts = more or (Kind.RISK,)
        end, slots_at_once = parts or (last, 0)
        control.move = Move(number, first, last, old, new, Kind(kind), end, slots_at_once)
    control.founding = None
    if "founding" in state:
        number, new, switches, *kind = state["founding"]
        control.founding = Founding(number, new, Kind(*kind or (Kind.RISK,)))
        for public_key, epoch, sequence, scope, name, on in switches:
            switch = ThrowKillSwitch(public_key, epoch, sequence, KillScope(scope), name, on)
            control.founding.switches.append(switch)
