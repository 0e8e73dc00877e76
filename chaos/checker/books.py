"""What went between risk and the books: every accepted order entered once, in its owner's order, and every
command answered once.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from chaos.checker.findings import Findings
from chaos.checker.messages import REQUESTED
from chaos.checker.participants import Sent
from chaos.checker.story import name_of

FORWARDED = ("EnterOrder", "RemoveOrder", "AmendOrder")
ANSWERS = {
    "OrderEntered": "EnterOrder",
    "EntryRefused": "EnterOrder",
    "OrderRemoved": "RemoveOrder",
    "RemovalRefused": "RemoveOrder",
    "OrderAmended": "AmendOrder",
    "AmendmentRefused": "AmendOrder",
}

Owner = tuple[str, str, str]
"""participant, account_id, client_order_id"""


class Books:
    """Gathers what all risk shards forwarded and all books answered; judged at the end."""

    def __init__(self, owners: dict[int, Owner]) -> None:
        self._owners = owners
        """of every order that a report accepted"""
        self._forwarded: Counter[tuple[str, int]] = Counter()
        self._answered: Counter[tuple[str, int]] = Counter()
        self._mass_cancels: list[Any] = []

    def canceled_by_operator(self, decision: Any) -> None:
        """An OperatorMassCancel: a risk shard may have orders removed that nobody sent a cancel of."""
        self._mass_cancels.append(decision)

    def _ordered(self, message: Any, owner: Owner) -> int:
        """How many operators' decisions may have had this order removed."""
        if name_of(message) != "RemoveOrder":
            return 0
        facts = owner[0], owner[1], message.instrument_id
        return sum(
            all(
                asked in (None, fact)
                for asked, fact in zip(
                    (each.participant_id, each.account_id, each.instrument_id), facts, strict=True
                )
            )
            for each in self._mass_cancels
        )

    def forwarded(self, messages: Iterable[Any], sent: dict[str, Sent], findings: Findings) -> None:
        """One stream of a risk shard to a book: what is in it of each participant is a part of what that one
        sent, in its order.
        """
        lanes = {name: _Lane(one) for name, one in sent.items()}
        for message in messages:
            self._forwarded[name_of(message), message.order_id] += 1
            owner = self._owners.get(message.order_id)
            if owner is not None and owner[0] in lanes:
                lanes[owner[0]].judge(message, owner, self._ordered(message, owner), findings)

    def answered(self, message: Any) -> None:
        kind = ANSWERS.get(name_of(message))
        if kind is not None and (name_of(message) != "OrderRemoved" or message.reason == REQUESTED):
            self._answered[kind, message.order_id] += 1

    def judge(self, findings: Findings) -> None:
        subject = findings.orders
        for order_id, owner in self._owners.items():
            what = f"order {order_id} ({owner[2]} of {owner[1]}) in its book's partition"
            subject.happened(what, 1, self._forwarded["EnterOrder", order_id])
        for kind, order_id in self._forwarded | self._answered:
            what = f"the book's answer to {kind} of order {order_id}"
            subject.happened(what, self._forwarded[kind, order_id], self._answered[kind, order_id])


class _Lane:
    """One participant's commands, to be met again in the same order."""

    def __init__(self, sent: Sent) -> None:
        self._at = -1
        self._for_operators: Counter[int] = Counter()
        """by order: how often it was removed for one"""
        self._places: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for place, command in enumerate(sent.commands):
            self._places[_key(command, command.account_id, command.client_order_id)].append(place)

    def judge(self, message: Any, owner: Owner, ordered: int, findings: Findings) -> None:
        places = self._places.get(_key(message, owner[1], owner[2]), [])
        what = f"{name_of(message)} of order {message.order_id} ({owner[2]} of {owner[1]})"
        if not places and self._for_operators[message.order_id] < ordered:
            self._for_operators[message.order_id] += 1
            return
        if not places:
            findings.orders.is_doubled(f"{what} reached the book and was not sent, or not so often")
            return
        # Equal commands: an earlier one may have been refused by risk, so the next after the last is meant.
        index = bisect_right(places, self._at)
        if index == len(places):
            findings.orders.is_misordered(f"{what} reached the book behind a later command")
            index -= 1
        self._at = max(self._at, places.pop(index))


def _key(message: Any, account_id: str, client_order_id: str) -> tuple[Any, ...]:
    name = name_of(message)
    if name in ("PlaceOrder", "EnterOrder"):
        price_ticks = message.price_ticks
        if price_ticks is None:
            price_ticks = message.protection_price_ticks
        return "place", account_id, client_order_id, message.side, price_ticks, message.quantity_lots
    if name in ("ReplaceOrder", "AmendOrder"):
        return "replace", account_id, client_order_id, message.price_ticks, message.quantity_lots
    return "cancel", account_id, client_order_id
