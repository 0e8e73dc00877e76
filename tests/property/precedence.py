"""What may be against a command, one reason each, and an exchange in which exactly that is: for the tests of
the order of precedence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from bulkhead.domain.keys import Permission
from bulkhead.domain.messages.control import DefineInstrument, RegisterKey
from bulkhead.domain.messages.kill_switch import KillScope, SetKillSwitch
from bulkhead.domain.messages.limits import SetAccountState, SetLimit
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.domain.messages.trading import SetPriceCollar, SetReferencePrice
from bulkhead.domain.reasons import PRECEDENCE, Reason
from bulkhead.domain.risk.guards import Protection, Watch
from bulkhead.domain.terms import AccountState, LimitKind, OrderType, Phase, Side, TimeInForce
from bulkhead.simulation.setting import key_of, public_bytes
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.support.operator import Operator

CHEAP, MORE, DEAR, TOO_MANY = 4, 8, 16, 18
"""lots; at 100 they cost 400,000, 800,000 and 1,600,000 units, and flow2 has 1,000,000; at most 16 go"""
GOOD = PlaceOrder(
    "flow2.main", "new", "Z-USD", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, 100, None, CHEAP
)
OTHER = replace(GOOD, client_order_id="other", side=Side.SELL, price_ticks=110)
"""live all the while, and no quote"""
LIVE = replace(GOOD, client_order_id="live")

Options = list[tuple[Any, Reason | None]]
"""of a field: what it may say, and what that is refused for"""
Drawn = Mapping[str, tuple[Any, Reason | None]]
ACCOUNT: Options = [("flow2.main", None), ("nobody", Reason.ACCOUNT_UNKNOWN)]
INSTRUMENT: Options = [
    ("Z-USD", None),
    ("NONE", Reason.INSTRUMENT_UNKNOWN),
    ("Z-USD.halted", Reason.INSTRUMENT_HALTED),
]
PRICE: Options = [(100, None), (99, Reason.PRICE_INCREMENT), (112, Reason.PRICE_HIGH)]
QUANTITY: Options = [(CHEAP, None), (DEAR, Reason.BALANCE), (TOO_MANY, Reason.QUANTITY_HIGH)]
TERMS: Options = [
    (None, None),
    (OrderTerms(stop_price_ticks=100), Reason.TERM_UNEXPECTED),
    (OrderTerms(min_quantity_lots=40), Reason.MIN_QUANTITY_HIGH),
    (OrderTerms(stp_group="desk"), Reason.STP_MODE),
]
Limit = tuple[LimitKind, str | None, int, Reason]
"""with a bound that any order is beyond"""
OF_ONE_ORDER: list[Limit] = [
    (LimitKind.ORDER_NOTIONAL, "USD", 1, Reason.NOTIONAL_LIMIT),
    (LimitKind.ORDER_SIZE, "Z", 1, Reason.ORDER_SIZE_LIMIT),
]
OF_NEW_ORDERS: list[Limit] = [
    (LimitKind.OPEN_ORDERS, None, 0, Reason.OPEN_ORDERS_LIMIT),
    (LimitKind.CANCELS_PER_100_ORDERS, None, 0, Reason.CANCEL_RATIO_LIMIT),
]
OF_COMMANDS: list[Limit] = [
    (LimitKind.ORDERS_PER_S, None, 1, Reason.ORDER_RATE_LIMIT),
    (LimitKind.COMMANDS_IN_FLIGHT, None, 0, Reason.COMMANDS_IN_FLIGHT_LIMIT),
]
SUMS: list[Limit] = [
    (LimitKind.POSITION, "Z", 1, Reason.POSITION_LIMIT),
    (LimitKind.OPEN_NOTIONAL, "USD", 1, Reason.OPEN_NOTIONAL_LIMIT),
    (LimitKind.CREDIT, "USD", 1, Reason.CREDIT_LIMIT),
]
LIMITS = OF_ONE_ORDER + OF_NEW_ORDERS + OF_COMMANDS + SUMS
UNBOUNDED = {LimitKind.OPEN_ORDERS: 1000, LimitKind.COMMANDS_IN_FLIGHT: 1000}
"""these can't be taken away"""
STATES = {
    AccountState.ACTIVE: None,
    AccountState.CLOSE_ONLY: Reason.ACCOUNT_CLOSE_ONLY,
    AccountState.SUSPENDED: Reason.ACCOUNT_SUSPENDED,
}
GUARDS = {
    "killed": Reason.KILLED,
    "protected": Reason.PROTECTED,
    "disconnected": Reason.DISCONNECTED,
    "collared": Reason.PRICE_COLLAR,
}
"""What stops flow2. A buy at 99 or more is beyond the collar, which is 5 percent of 90."""


class Case(NamedTuple):
    """What a command says, in groups of fields, and what else is against it."""

    fields: tuple[Drawn, ...]
    beyond: frozenset[Limit]
    state: AccountState
    held: frozenset[str]
    """of GUARDS"""
    by_other: bool
    """by a key that may not"""

    def reasons(self, counted: Sequence[Limit] = LIMITS) -> list[Reason | None]:
        """Of all that is against it, where of limits only these count."""
        said = [reason for fields in self.fields for _, reason in fields.values()]
        limits = [limit[3] for limit in self.beyond if limit in counted]
        guards = [GUARDS[name] for name in self.held]
        return [*said, *limits, *guards, STATES[self.state], Reason.KEY_PERMISSION if self.by_other else None]


Unusual = tuple[Any, Any]
"""one thing that may be against a command"""


class Kind(NamedTuple):
    """Of command."""

    groups: tuple[Mapping[str, Options], ...]
    guards: tuple[str, ...]
    judge: Callable[[Case], None]

    def unusual(self) -> list[Unusual]:
        """What differs from the first option of each field, and what else there may be."""
        fields = [
            ((place, name), option)
            for place, group in enumerate(self.groups)
            for name, options in group.items()
            for option in options[1:]
        ]
        named = [*LIMITS, *self.guards, "key"]
        states = [("state", state) for state in STATES if state is not AccountState.ACTIVE]
        return [*fields, *((name, None) for name in named), *states]

    def case(self, those: Sequence[Unusual]) -> Case:
        chosen = dict(those)
        return Case(
            tuple(
                {name: chosen.get((place, name), options[0]) for name, options in group.items()}
                for place, group in enumerate(self.groups)
            ),
            frozenset(limit for limit in LIMITS if limit in chosen),
            chosen.get("state", AccountState.ACTIVE),
            frozenset(name for name in self.guards if name in chosen),
            "key" in chosen,
        )


class Setting:
    """flow2 has sent orders and cancels in this second, and this window, of an exchange whose time stands
    still.
    """

    def __init__(self, *live: PlaceOrder) -> None:
        self.exchange = MemoryExchange(TEXT.replace('{USD: "9", X: "60"}', '{USD: "1", X: "60", Z: "9"}'))
        self.flow2: Trader = self.exchange.trader("flow2")
        self.operator = Operator(self.exchange)
        self._live = live
        self._names: dict[str, str] = {}
        """of what is live all the while, by what it is called here"""
        self._turn = 0
        self._risk = next(each for each in self.exchange.risk_shards() if "flow2" in each.participants)
        halted = DefineInstrument(
            "Z-USD.halted", 1, "Z", "USD", 10, 1000, 2, 90, 110, 2, 4, 16, 9, Phase.HALTED
        )
        counting = (LimitKind.ORDERS_PER_S, 9), (LimitKind.CANCELS_FREE, 0)
        self.set(halted, SetReferencePrice("Z-USD", 90))
        self.set(*(SetLimit("flow2", None, kind, None, bound) for kind, bound in counting))
        self.say(GOOD)
        self.say(CancelOrder("flow2.main", "new"))
        self.reader = self._with_key("reader", Permission(0))
        self.canceler = self._with_key("canceler", Permission.CANCEL)

    def _with_key(self, name: str, permissions: Permission) -> Trader:
        self.operator.decide(RegisterKey("flow2", public_bytes(key_of(name)), permissions, "a test"))
        self.exchange.settle()
        trader = Trader(self.exchange, "flow2", 1, name)
        trader.send(OpenSession())
        self.exchange.settle()
        return trader

    def set(self, *messages: Any) -> None:
        self.exchange.control(*messages)
        self.exchange.settle()

    def say(self, command: Any, trader: Trader | None = None) -> list[Any]:
        """What it is told."""
        self.flow2.reports()
        (trader or self.flow2).send(command)
        self.exchange.settle()
        return self.flow2.reports()

    def name(self, word: str) -> str:
        """A client order id: of what is live, or one that was never used before this example."""
        return self._names.get(word, word and f"{word} {self._turn}")

    def order(self, order: PlaceOrder, *fields: Drawn) -> PlaceOrder:
        """With what was drawn, and named."""
        made = replace(order, **{name: value for each in fields for name, value in values_of(each).items()})
        return replace(made, client_order_id=self.name(made.client_order_id))

    def hold(self, case: Case) -> None:
        """Nothing else is against a command from now on, and what is to be live is."""
        self._turn += 1
        self._bound(frozenset())
        self._stop(AccountState.ACTIVE, frozenset())
        for order in self._live:
            self._place_again(order)
        self._bound(case.beyond)
        self._stop(case.state, case.held)

    def _place_again(self, order: PlaceOrder) -> None:
        """As it is to be, whatever has become of it."""
        word = order.client_order_id
        if self._names.get(word) in self._risk.accounts[order.account_id].live:
            assert order.price_ticks is not None
            self.say(ReplaceOrder(order.account_id, self.name(word), order.price_ticks, order.quantity_lots))
        else:
            self._names.pop(word, None)
            self._names[word] = self.name(word)
            self.say(replace(order, client_order_id=self._names[word]))

    def _bound(self, beyond: frozenset[Limit]) -> None:
        for limit in LIMITS:
            kind, asset_id, bound, _ = limit
            self.set(
                SetLimit("flow2", None, kind, asset_id, bound if limit in beyond else UNBOUNDED.get(kind))
            )

    def _stop(self, state: AccountState, held: frozenset[str]) -> None:
        switch = KillScope.ACCOUNT, "flow2.main"
        self.set(SetPriceCollar("Z-USD", 50 if "collared" in held else 0, False))
        self.operator.decide(SetAccountState("flow2.main", state))
        if ("killed" in held) is not (switch in self._risk.kills):
            self.operator.decide(SetKillSwitch(*switch, "killed" in held, "a test"))
        self.exchange.settle()
        # To trip a protection takes fills, and to fall silent takes time: they are put in their place.
        self._risk.protections.clear()
        self._risk.watches.clear()
        if "protected" in held:
            protection = self._risk.protections["flow2", "g"] = Protection(1_000, 1, 0)
            protection.tripped_by = 1, 1
        if "disconnected" in held:
            for name in ("flow2", "reader", "canceler"):
                self._risk.watches[public_bytes(key_of(name))] = Watch("flow2", 1_000, 2_000)

    def judge(self, reports: list[Any], held: Iterable[Reason | None], taken: type) -> None:
        """What a command was told. Its orders are canceled, where it was taken."""
        reasons = [reason for reason in held if reason is not None]
        if reasons:
            expected = min(reasons, key=PRECEDENCE.__getitem__)
            assert {each.reason for each in reports} == {expected}, reports
            return
        assert isinstance(reports[0], taken), reports
        for report in reports:
            if isinstance(report, OrderAccepted):
                self.say(CancelOrder(report.account_id, report.client_order_id))


@cache
def setting_for(kind: str, *live: PlaceOrder) -> Setting:
    return Setting(*live)


def values_of(fields: Drawn) -> dict[str, Any]:
    return {name: value for name, (value, _) in fields.items()}
