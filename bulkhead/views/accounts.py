"""Which accounts have changed, told by what their risk shard says; and their pages.

Reports alone would not do: they carry no reservation, and OrderAccepted not the order's terms. So the read
side has a mirror of the risk shard (runtime/mirror.py), whose state is the shard's own.
"""

from collections.abc import Mapping, Sequence

from bulkhead.domain.messages.linked import EnterBracket, EnterPair
from bulkhead.domain.messages.orders import AmendOrder, EnterOrder
from bulkhead.domain.messages.quotes import SetQuotes
from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.risk.model import Order
from bulkhead.machines.interface import Output
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.views.pages import Pages, account_key, account_page, order_page, orders_key
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import split_body

REPORTS, BOOKS = "reports.", "books/"


class AccountChanges:
    """What is to be written of one risk shard's accounts. In the beginning: everything."""

    def __init__(self, machine: ReferenceMachine, partition: str) -> None:
        """`machine` is a risk shard's, which reads `partition`."""
        assert isinstance(machine.domain, RiskMachine)
        self._machine = machine
        self._risk = machine.domain.risk
        self._partition = partition
        self._everything = True
        self._accounts_seen = 0
        self._changed: dict[str, set[str]] = {}
        """client_order_ids by account; an account with none has other balances only"""
        self._reports: dict[str, int] = {}
        """last sequence by partition of reports"""

    def everything(self) -> None:
        """What was taken last did not arrive: all is to be written again."""
        self._everything = True
        self._changed.clear()

    def hear(self, said: Mapping[str, Sequence[Output]]) -> None:
        """The outputs of one step, by destination. Each change of an account shows in one of them."""
        for destination, outputs in said.items():
            if destination.startswith(REPORTS):
                self._reports[destination] = outputs[-1].first + outputs[-1].events - 1
            elif not destination.startswith(BOOKS):
                continue
            if not self._everything:
                for output in outputs:
                    for event in split_body(output.body, output.events):
                        self._note(decode(event))

    def _note(self, message: object) -> None:
        if isinstance(message, EnterPair | EnterBracket):
            self._note_order(message.legs[0].order_id)
            return
        if isinstance(message, EnterOrder | AmendOrder):
            self._note_order(message.order_id)
            return
        if isinstance(message, SetQuotes):
            for quote in message.quotes:
                self._note_order(quote.order_id)
            return
        account_id = getattr(message, "account_id", None)
        if account_id is not None and account_id in self._risk.accounts:
            orders = self._changed.setdefault(account_id, set())
            client_order_id = getattr(message, "client_order_id", None)
            if client_order_id is not None:
                orders.add(client_order_id)
                order = self._risk.accounts[account_id].live.get(client_order_id)
                orders.update(() if order is None else _names(order))

    def _note_order(self, order_id: int) -> None:
        order = self._risk.orders.get(order_id)
        # One that has ended meanwhile is in a report of the same step or a later one.
        if order is not None:
            self._changed.setdefault(order.account.account_id, set()).update(_names(order))

    @property
    def some(self) -> bool:
        # A new account is opened without a word to anybody.
        return self._everything or bool(self._changed) or len(self._risk.accounts) != self._accounts_seen

    @property
    def whole(self) -> bool:
        """Whether the next pages do not rest on earlier ones."""
        return self._everything

    def take(self, sequence: int) -> Pages:
        """The pages of what has changed; nothing has, from now on."""
        accounts = self._risk.accounts
        pages, head = Pages(), {"partition": self._partition, "sequence": sequence}
        if self._everything or len(accounts) != self._accounts_seen:
            outputs = self._machine.streams().outputs
            self._reports = {name: last for name, (last, _) in outputs.items() if name.startswith(REPORTS)}
            self._changed = {account_id: set(account.live) for account_id, account in accounts.items()}
            pages.replaced = {orders_key(account_id) for account_id in accounts}
        for account_id in sorted(self._changed):
            account = accounts[account_id]
            reports = self._reports.get(account.participant.reports, 0)
            pages.values[account_key(account_id)] = account_page(account, head, reports)
            orders = pages.hashes[orders_key(account_id)] = {}
            for client_order_id in sorted(self._changed[account_id]):
                order = account.live.get(client_order_id)
                orders[client_order_id] = None if order is None else order_page(order)
        self._everything, self._accounts_seen = False, len(accounts)
        self._changed = {}
        return pages


def _names(order: Order) -> list[str]:
    """Of the order and those linked with it: what happens to one changes what the others hold. One whose
    partner has traded is told of next, by the report of its end.
    """
    return [each.client_order_id for each in ((order,) if order.link is None else order.link.orders())]
