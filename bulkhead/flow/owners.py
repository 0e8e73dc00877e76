"""Who sends which order: the recording names no participants, so the plan gives every order an owner.

The rule is a function of the recording alone, so it is the same at every run. It is made so that orders
whose sequence matters to each other mostly have one owner, whose commands stay in sequence by themselves
(ordering.py sees to the rest):

- Orders that rest: by side and price level. One level belongs to one participant, so time priority does.
- Orders that the venue refused: to the owner of the order that was in their way.
- Orders that trade on arrival: to the owner of their own level, who is on the other risk shard than the
  makers; but of those whose makers have all one owner, half to the other participant on the makers' risk
  shard. So trades happen inside one risk shard and between two, and nobody trades with himself.
"""

from bulkhead.domain.terms import Side

PARTICIPANTS = ("flow0", "flow1", "flow2", "flow3")
ACCOUNTS_EACH = 25
LEVEL_TICKS = 100
"""Levels change hands every dollar, which is the recording's own increment: near the touch all take part."""

ACCOUNTS = [[f"{name}.{number:02d}" for number in range(ACCOUNTS_EACH)] for name in PARTICIPANTS]


def owner_of_level(side: Side, price_ticks: int) -> int:
    """Who has this level: flow0 and flow1 share what is asked, flow2 and flow3 what is bid."""
    return (0 if side is Side.SELL else 2) + price_ticks // LEVEL_TICKS % 2


def owner_of_taker(order_id: int, side: Side, limit_ticks: int, makers: set[int], leaves_rest: bool) -> int:
    """Who sends an order that trades with orders of `makers`; `leaves_rest`: some of it rests then."""
    if len(makers) != 1 or leaves_rest or _mixed(order_id) % 2 == 0:
        return owner_of_level(side, limit_ticks)
    return min(makers) ^ 1


def account_of(order_id: int, participant: int) -> str:
    """The account, of its participant's, that an order is for."""
    return ACCOUNTS[participant][_mixed(order_id) // 2 % ACCOUNTS_EACH]


def _mixed(order_id: int) -> int:
    # The venue's ids are times in fine units with few distinct low bits. Multiplying by 2^32 over the golden
    # ratio (Knuth, The Art of Computer Programming 3, section 6.4) spreads them, into the high bits.
    return (order_id * 2654435769 & 0xFFFFFFFF) >> 16
