"""At rest: each command has its answer; each order ends once and never trades more than was wanted."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from bulkhead.domain.messages import (
    disconnect,
    kill_switch,
    linked,
    mass,
    participant,
    protection,
    quotes,
    reports,
    reversal,
)
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.model import Order
from bulkhead.domain.terms import OrderType, TimeInForce
from bulkhead.simulation.broken import must
from bulkhead.simulation.evidence import Evidence, Streams, messages

_TELLS_OF_NO_CHANGE = (
    reports.OrderStatus | mass.MassCancelMissed | reversal.TradeBusted | reversal.TradeCorrected
)
"""of an order; the last two: of its trade"""
_MASS_CANCELS = frozenset(
    (Reason.MASS_CANCEL, Reason.OPERATOR_CANCEL, Reason.KILLED, Reason.PROTECTED, Reason.DISCONNECTED)
)
"""why an order ends that was asked for together with others"""
_ASKS = (
    mass.MassCanceled
    | mass.OrdersAsked
    | kill_switch.KillSwitchChanged
    | kill_switch.OwnKillSwitchSet
    | disconnect.Disconnected
    | protection.ProtectionTripped
)
_GUARDS = (
    disconnect.SetDisconnect
    | protection.SetProtection
    | protection.ResetProtection
    | kill_switch.KillOwn
    | kill_switch.ReleaseOwn
)
Answers = Counter[tuple[str, ...]]
"""(what, account, client order id), or (what,)"""


def check_reports(evidence: Evidence, streams: Streams) -> None:
    live: dict[tuple[str, str], Order] = {}
    for name in evidence.shards("risk"):
        risk = evidence.domain(name).risk
        live |= {(order.account.account_id, order.client_order_id): order for order in risk.orders.values()}
        must(not any(route.unanswered for route in risk.routes.values()), f"{name} waits for a book")
        must(not risk.mass_cancels, f"{name} waits for the ends of {risk.mass_cancels}")
        for each in risk.participants.values():
            orders = [order for order in risk.orders.values() if order.account.participant is each]
            must(each.unanswered == 0, f"{name}: {each.unanswered} commands of a participant are unanswered")
            must(
                each.open_orders == len(orders) <= each.open_orders_max,
                f"{name}: a participant has {len(orders)} orders, counted as {each.open_orders}",
            )
    for order in live.values():
        must(
            not (order.ended or order.amendments or order.cancel_sent),
            f"order {order.order_id} is kept, and nothing more is to come of it",
        )
    entered = orders_entered(streams)
    commands: dict[str, Sequence[Any]] = {}
    forbidden: Counter[str] = Counter()
    for name in evidence.shards("risk"):
        found = evidence.taken(name)
        for who, given in found.commands.items():
            commands[who] = [*commands.get(who, ()), *given]
        forbidden += found.forbidden
    for participant_id, settings in evidence.topology.participants.items():
        told = messages(streams, f"reports.{participant_id}/0")
        check_answers(participant_id, commands.get(participant_id, []), told)
        open_now = {key for key, order in live.items() if key[0] in settings.account_ids}
        check_orders(told, entered, open_now)
        check_lists(told)
        refused = Counter(getattr(report, "reason", None) for report in told)
        for_want = refused[Reason.KEY_PERMISSION]
        must(
            # Of a slot that moves whatever comes is refused for that, and nobody's permissions are looked at.
            for_want <= forbidden[participant_id] <= for_want + refused[Reason.SLOT_MOVING],
            f"{participant_id}: {forbidden[participant_id]} commands were not its keys' to give, and"
            f" {for_want} refused for that",
        )
    check_mass_cancels(streams)


def orders_entered(streams: Streams) -> dict[int, EnterOrder]:
    """What risk sent to the books, by order id; a quote as the order that it is."""
    return {
        order.order_id: order
        for destination in sorted({to for _, to in streams if to.startswith("books/")})
        for message in messages(streams, destination)
        for order in _entered(message)
    }


def _entered(message: Any) -> Iterator[EnterOrder]:
    match message:
        case EnterOrder():
            yield message
        case linked.EnterPair() | linked.EnterBracket():
            yield from message.legs
        case quotes.SetQuotes():
            kind = OrderType.LIMIT, TimeInForce.GTC, False
            fees = message.maker_fee_rate, message.taker_fee_rate
            terms = OrderTerms(quote_group=message.quote_group)
            owner = message.instrument_id, message.account_id, message.slot
            for quote in message.quotes:
                if quote.is_new:
                    numbers = quote.price_ticks, quote.quantity_lots
                    yield EnterOrder(quote.order_id, *owner, quote.side, *kind, *numbers, *fees, terms)


def check_answers(participant_id: str, commands: Iterable[Any], told: Iterable[Any]) -> None:
    """Every command that was taken is answered once, and nothing else is; each quote of a mass quote like a
    command, unless all are refused.

    What a quote does depends on what is live: the answers of the orders that are named by quotes are counted
    together, of whatever kind.
    """
    commands, told = list(commands), list(told)
    rejected = {
        (report.account_id, report.request_id) for report in told if isinstance(report, quotes.QuotesRejected)
    }
    quoted = {
        (command.account_id, quote.client_order_id)
        for command in commands
        if isinstance(command, quotes.MassQuote)
        for quote in command.quotes
    }
    wanted = _without_kinds(_wanted(commands, rejected), quoted)
    answered = _without_kinds(_answered(told), quoted)
    missing, surplus = wanted - answered, answered - wanted - _skipped_heartbeats(commands, told)
    must(not missing, f"{participant_id}: no answer to {dict(missing)}")
    must(not surplus, f"{participant_id}: an answer too many to {dict(surplus)}")


def _skipped_heartbeats(commands: Sequence[Any], told: Sequence[Any]) -> Answers:
    """The answers that those may have on which a machine has raised: of what is skipped each is refused."""
    heartbeats = sum(isinstance(command, disconnect.Heartbeat) for command in commands)
    skipped = sum(
        isinstance(report, reports.CommandRefused) and report.reason is Reason.ACCOUNT_HALTED
        for report in told
    )
    return Counter({("refusal",): min(heartbeats, skipped)})


def _without_kinds(answers: Answers, quoted: Collection[tuple[str, ...]]) -> Answers:
    """Those about orders that quotes name, of all kinds in one."""
    found: Answers = Counter()
    for key, count in answers.items():
        found[("quote", *key[1:]) if key[0] != "request" and key[1:] in quoted else key] += count
    return found


def _wanted(commands: Iterable[Any], rejected: Collection[tuple[str, str]]) -> Answers:
    wanted: Answers = Counter()
    for command in commands:
        match command:
            case participant.PlaceOrder():
                wanted["place", command.account_id, command.client_order_id] += 1
            case linked.PlacePair() | linked.PlaceBracket():
                wanted.update(("place", leg.account_id, leg.client_order_id) for leg in command.legs)
            case participant.CancelOrder():
                wanted["cancel", command.account_id, command.client_order_id] += 1
            case participant.ReplaceOrder():
                wanted["replace", command.account_id, command.client_order_id] += 1
            case mass.MassCancel() | mass.RequestOrders():
                wanted["request", command.account_id or "", command.request_id] += 1
            case quotes.MassQuote() if (command.account_id, command.request_id) not in rejected:
                for quote in command.quotes:
                    wanted["quote", command.account_id, quote.client_order_id] += 1
            case quotes.MassQuote():
                wanted["request", command.account_id, command.request_id] += 1
            case _ if isinstance(command, _GUARDS):
                wanted["request", "", command.request_id] += 1
            case disconnect.Heartbeat():
                pass  # it has no answer
            case participant.OpenSession():
                wanted[("session",)] += 1
            case _:
                wanted[("refusal",)] += 1
    return wanted


def _answered(told: Iterable[Any]) -> Answers:
    answered: Answers = Counter()
    accepted: set[int] = set()
    for report in told:
        match report:
            case reports.OrderAccepted() | reports.OrderRejected():
                answered["place", report.account_id, report.client_order_id] += 1
                accepted.add(getattr(report, "order_id", 0))
            case reports.OrderCanceled(reason=Reason.BOOK_LOST) if report.order_id not in accepted:
                answered["place", report.account_id, report.client_order_id] += 1
            case reports.OrderCanceled(reason=Reason.REQUESTED) | reports.CancelRejected():
                answered["cancel", report.account_id, report.client_order_id] += 1
            case reports.OrderReplaced() | reports.ReplaceRejected():
                answered["replace", report.account_id, report.client_order_id] += 1
            case mass.MassCanceled() | mass.OrdersListed() | mass.RequestRejected() | quotes.QuotesRejected():
                answered["request", report.account_id or "", report.request_id] += 1
            case disconnect.DisconnectSet() | protection.ProtectionSet() | kill_switch.OwnKillSwitchSet():
                answered["request", "", report.request_id] += 1
            case reports.SessionOpened():
                answered[("session",)] += 1
            case reports.CommandRefused():
                answered[("refusal",)] += 1
    return answered


def check_orders(
    told: Iterable[Any], entered: Mapping[int, EnterOrder], open_now: set[tuple[str, str]]
) -> None:
    """Follow each order through its reports. Of one whose book was given up only fills are told then."""
    wanted = {order_id: order.quantity_lots for order_id, order in entered.items()}
    executed: Counter[int] = Counter()
    names: dict[int, tuple[str, str]] = {}
    ended: set[int] = set()
    released: set[int] = set()
    for report in told:
        order_id = getattr(report, "order_id", None)
        if order_id is None or isinstance(report, _TELLS_OF_NO_CHANGE):
            continue
        if order_id in released and isinstance(report, reports.OrderFilled):
            executed[order_id] += report.quantity_lots
            must(report.leaves_lots == 0, f"it was released: {report}")
            continue
        must(order_id not in ended, f"order {order_id} had ended when {report} came")
        if isinstance(report, reports.OrderAccepted):
            must(order_id not in names, f"order {order_id} was accepted twice")
            names[order_id] = report.account_id, report.client_order_id
            continue
        if isinstance(report, reports.OrderCanceled) and report.reason is Reason.BOOK_LOST:
            released.add(order_id)
            names.setdefault(order_id, (report.account_id, report.client_order_id))
        must(
            names.get(order_id) == (report.account_id, report.client_order_id),
            f"order {order_id} was not accepted under the name of {report}",
        )
        if isinstance(report, reports.OrderTriggered | reports.OrderRepriced):
            continue
        if isinstance(report, linked.ExitStarted):
            must(not executed[order_id], f"an exit has traded before {report}")
            wanted[order_id] = report.quantity_lots
            continue
        left = _left(report, order_id, wanted, executed)
        if left == 0:
            ended.add(order_id)
    open_told = {name for order_id, name in names.items() if order_id not in ended}
    must(open_now == open_told, f"open in risk or by reports, not in both: {open_now ^ open_told}")


def check_lists(told: Sequence[Any]) -> None:
    """Each list of orders has all that were told to be live, and none that was told to have ended."""
    live: dict[int, str] = {}
    ended: set[int] = set()
    for place, report in enumerate(told):
        match report:
            case reports.OrderAccepted():
                live[report.order_id] = report.account_id
            case (
                reports.OrderCanceled()
                | reports.OrderFilled(leaves_lots=0)
                | reports.OrderDecremented(leaves_lots=0)
                | reports.OrderReplaced(leaves_lots=0)
            ):
                ended.add(report.order_id)
                live.pop(report.order_id, None)
            case mass.OrdersListed() | reports.SessionOpened():
                account_id = getattr(report, "account_id", None)
                count = report.orders if isinstance(report, mass.OrdersListed) else report.open_orders
                linked_too = takewhile(lambda each: isinstance(each, linked.OrdersLinked), told[place + 1 :])
                first = place + 1 + len(list(linked_too))
                listed = told[first : first + count]
                must(
                    all(isinstance(each, reports.OrderStatus) for each in listed), f"a list is cut: {report}"
                )
                known = {order_id for order_id, owner in live.items() if account_id in (None, owner)}
                orders = {each.order_id for each in listed}
                must(len(orders) == count, f"{count} orders were to be listed, {len(orders)} were: {report}")
                must(known <= orders, f"{known - orders} live and are not listed by {report}")
                must(not orders & ended, f"{orders & ended} have ended and are listed by {report}")


def check_mass_cancels(streams: Streams) -> None:
    """Every order that a mass cancel asked for was told of it once."""
    asked = told = 0
    for destination in sorted({to for _, to in streams if to.startswith(("reports.", "decisions/"))}):
        for message in messages(streams, destination):
            match message:
                case _ if isinstance(message, _ASKS):
                    asked += message.asked
                case mass.MassCancelMissed():
                    told += 1
                case reports.OrderCanceled(reason=reason) if reason in _MASS_CANCELS:
                    told += 1
    must(asked == told, f"mass cancels asked for {asked} orders, and {told} were told of")


def _left(report: Any, order_id: int, wanted: dict[int, int], executed: Counter[int]) -> int:
    """What an order may still trade after this report, which has to say the same."""
    match report:
        case reports.OrderFilled() | reports.OrderDecremented():
            must(report.quantity_lots > 0, f"nothing came of it: {report}")
            executed[order_id] += report.quantity_lots
            left = wanted[order_id] - executed[order_id]
            must(report.leaves_lots == left >= 0, f"{left} lots are left after {report}")
        case reports.OrderReplaced():
            wanted[order_id] = report.quantity_lots
            left = max(0, wanted[order_id] - executed[order_id])
            must(report.leaves_lots == left, f"{left} lots are left after {report}")
        case _:
            left = wanted[order_id] - executed[order_id]
            must(report.quantity_lots == left, f"{left} lots were left at {report}")
            left = 0
    return left
