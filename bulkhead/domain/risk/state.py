"""A risk shard's snapshot: plain structures, ordered by value, and back."""

from dataclasses import fields

from bulkhead.domain.integers import amount_from_bytes, from_bytes, to_bytes
from bulkhead.domain.keys import Permission
from bulkhead.domain.machine import State
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.guards_state import load_breaches, load_guards, save_guards
from bulkhead.domain.risk.limits_state import load_collars, load_limits, save_limits
from bulkhead.domain.risk.model import (
    Account,
    Balance,
    Instrument,
    Link,
    Order,
    Participant,
    Risk,
    Route,
    Version,
)
from bulkhead.domain.risk.moving_state import load_moving, save_moving
from bulkhead.domain.sessions import Session
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce

_TERMS = [each.name for each in fields(OrderTerms)]
_INSTRUMENT = (
    "instrument_id",
    "base_asset_id",
    "quote_asset_id",
    "price_increment_ticks",
    "price_min_ticks",
    "price_max_ticks",
    "quantity_increment_lots",
    "quantity_min_lots",
    "quantity_max_lots",
    "window",
)
_PARTICIPANT = (
    "participant_id",
    "reports",
    "slot",
    "maker_fee_rate",
    "taker_fee_rate",
    "open_orders_max",
    "commands_in_flight_max",
    "open_orders",
    "unanswered",
    "last_sequence",
)


def save(risk: Risk) -> State:
    rates = [
        [name, each.orders_per_s_max, each.second, each.orders_in_second]
        for name, each in sorted(risk.participants.items())
        if each.orders_per_s_max
    ]
    least_display = {
        name: each.least_display_lots
        for name, each in sorted(risk.instruments.items())
        if each.least_display_lots
    }
    mass_cancels = [[order_id, int(reason)] for order_id, reason in sorted(risk.mass_cancels.items())]
    restricted = [[key, int(permissions)] for key, permissions in sorted(risk.restricted.items())]
    return {
        "behaviour_version": risk.behaviour.version,
        **risk.behaviour.state(),
        "time": [risk.tick, risk.time_ms],
        "orders_issued": risk.orders_issued,
        "assets": dict(sorted(risk.assets.items())),
        "routes": {name: route.unanswered for name, route in sorted(risk.routes.items())},
        "instruments": [_instrument(risk.instruments[name]) for name in sorted(risk.instruments)],
        "early_phases": {name: int(phase) for name, phase in sorted(risk.early_phases.items())},
        "early_deposits": [
            [account_id, [[asset_id, to_bytes(amount)] for asset_id, amount in deposits]]
            for account_id, deposits in sorted(risk.early_deposits.items())
        ],
        "participants": [_participant(risk.participants[name]) for name in sorted(risk.participants)],
        **_of_lost_books(risk),
        "sessions": [[key, session.state()] for key, session in sorted(risk.sessions.items())],
        "accounts": [_account(risk.accounts[name]) for name in sorted(risk.accounts)],
        "orders": [_order(order) for _, order in sorted(risk.orders.items())],
        # Not in the snapshots of an exchange that has none: they stay what they were.
        **({"rates": rates} if rates else {}),
        **({"mass_cancels": mass_cancels} if mass_cancels else {}),
        **({"restricted": restricted} if restricted else {}),
        **_of_links(risk),
        **({"least_display": least_display} if least_display else {}),
        **save_limits(risk),
        **save_guards(risk),
        **save_moving(risk),
    }


def _of_lost_books(risk: Risk) -> dict[str, State]:
    """Nothing where none is: the snapshots of an exchange that has lost no book stay what they were."""
    released = sorted(order.order_id for order in risk.orders.values() if order.released)
    lost = {name: dict(sorted(given_up.items())) for name, given_up in sorted(risk.lost.items())}
    return ({"released": released} if released else {}) | ({"lost": lost} if lost else {})


def _of_links(risk: Risk) -> dict[str, State]:
    """Nothing where no orders are linked. `links`: limit order, stop, entry or None, its lots that traded."""
    orders = [order for _, order in sorted(risk.orders.items())]
    links = [
        [
            order.order_id,
            order.link.stop.order_id,
            None if order.link.entry is None else order.link.entry.order_id,
            order.link.filled_lots,
        ]
        for order in orders
        if order.link is not None and order is order.link.limit
    ]
    parked = [order.order_id for order in orders if order.parked]
    doomed = [order.order_id for order in orders if order.doomed]
    found = {"links": links, "parked": parked, "doomed": doomed}
    return {name: rows for name, rows in found.items() if rows}


def _load_links(risk: Risk, state: State) -> None:
    for limit_id, stop_id, entry_id, filled_lots in state.get("links", ()):
        entry = None if entry_id is None else risk.orders[entry_id]
        link = Link(risk.orders[limit_id], risk.orders[stop_id], entry, filled_lots)
        for order in link.orders():
            order.link = link
    for order_id in state.get("parked", ()):
        risk.orders[order_id].parked = True
    for order_id in state.get("doomed", ()):
        risk.orders[order_id].doomed = True


def load(risk: Risk, state: State) -> None:
    risk.begin_anew()
    risk.behaviour.load(state)
    risk.tick, risk.time_ms = state["time"]
    risk.orders_issued = state["orders_issued"]
    risk.assets = dict(state["assets"])
    risk.routes = {name: Route(name, unanswered) for name, unanswered in state["routes"].items()}
    for saved in state["instruments"]:
        instrument = Instrument()
        for name, value in zip(_INSTRUMENT, saved[0], strict=True):
            setattr(instrument, name, value)
        instrument.route = risk.routes[saved[1]]
        instrument.lot_units, instrument.tick_lot_units = map(amount_from_bytes, saved[2:4])
        instrument.phase = Phase(saved[4])
        instrument.least_display_lots = state.get("least_display", {}).get(instrument.instrument_id, 0)
        risk.instruments[instrument.instrument_id] = instrument
    risk.early_phases = {name: Phase(phase) for name, phase in state["early_phases"].items()}
    risk.early_deposits = {
        account_id: [(asset_id, amount_from_bytes(amount)) for asset_id, amount in deposits]
        for account_id, deposits in state["early_deposits"]
    }
    take_in(risk, state)
    for name, given_up in state.get("lost", {}).items():
        risk.lost[name] = dict(given_up)
        for participant_id, commands in given_up.items():
            risk.participants[participant_id].given_up += commands
    load_collars(risk, state)
    load_breaches(risk, state)
    load_moving(risk, state)


def take_in(risk: Risk, state: State) -> None:
    """Add participants with all that is known of them, of a whole shard's state or of what has moved here."""
    for saved in state["participants"]:
        participant = Participant()
        for name, value in zip(_PARTICIPANT, saved[0], strict=True):
            setattr(participant, name, value)
        participant.given_up = 0  # books that are lost add to it
        participant.notional_max = {asset_id: amount_from_bytes(amount) for asset_id, amount in saved[1]}
        participant.orders_per_s_max = participant.second = participant.orders_in_second = 0
        risk.participants[participant.participant_id] = participant
    for name, orders_per_s_max, second, taken in state.get("rates", ()):
        participant = risk.participants[name]
        participant.orders_per_s_max = orders_per_s_max
        participant.second, participant.orders_in_second = second, taken
    for key, saved in state["sessions"]:
        risk.sessions[key] = Session.restored(key, saved)
    for key, permissions in state.get("restricted", ()):
        risk.restricted[key] = Permission(permissions)
    for account_id, participant_id, balances, recent in state["accounts"]:
        account = Account(account_id, risk.participants[participant_id])
        account.balances = {
            asset_id: Balance(amount_from_bytes(total), amount_from_bytes(reserved))
            for asset_id, total, reserved in balances
        }
        account.recent = dict.fromkeys(recent)
        risk.accounts[account_id] = account
    for order_id, reason in state.get("mass_cancels", ()):
        risk.mass_cancels[order_id] = Reason(reason)
    load_guards(risk, state)
    released = set(state.get("released", ()))
    for saved in state["orders"]:
        order = _restored_order(risk, saved)
        order.released = order.order_id in released
        risk.orders[order.order_id] = order
        if not (order.ended or order.released):
            order.account.live[order.client_order_id] = order
    _load_links(risk, state)
    load_limits(risk, state)


def _instrument(instrument: Instrument) -> State:
    return [
        [getattr(instrument, name) for name in _INSTRUMENT],
        instrument.route.destination,
        to_bytes(instrument.lot_units),
        to_bytes(instrument.tick_lot_units),
        int(instrument.phase),
    ]


def _participant(participant: Participant) -> State:
    return [
        [getattr(participant, name) for name in _PARTICIPANT],
        [[asset_id, to_bytes(amount)] for asset_id, amount in sorted(participant.notional_max.items())],
    ]


def _account(account: Account) -> State:
    return [
        account.account_id,
        account.participant.participant_id,
        [
            [asset_id, to_bytes(b.total), to_bytes(b.reserved)]
            for asset_id, b in sorted(account.balances.items())
        ],
        list(account.recent),
    ]


def _order(order: Order) -> State:
    return [
        order.order_id,
        order.client_order_id,
        order.account.account_id,
        order.instrument.instrument_id,
        int(order.side),
        list(order.version[:4]),
        order.executed_lots,
        to_bytes(order.fee_basis),
        to_bytes(order.reserved),
        [list(version) for version in order.amendments],
        order.cancel_sent,
        order.ended,
        [int(order.order_type), int(order.time_in_force), order.post_only, order.triggered],
        None if order.terms is None else [getattr(order.terms, each) for each in _TERMS],
    ]


def _restored_order(risk: Risk, saved: State) -> Order:
    order = Order()
    order.order_id, order.client_order_id = saved[0], saved[1]
    order.account, order.instrument = risk.accounts[saved[2]], risk.instruments[saved[3]]
    order.side = Side(saved[4])
    order.price_ticks, order.quantity_lots, order.maker_fee_rate, order.taker_fee_rate = saved[5]
    order.executed_lots = saved[6]
    order.fee_basis, order.reserved = from_bytes(saved[7]), amount_from_bytes(saved[8])
    order.amendments = [Version(*version) for version in saved[9]]
    order.cancel_sent, order.ended = saved[10], saved[11]
    order_type, time_in_force, order.post_only, order.triggered = saved[12]
    order.order_type, order.time_in_force = OrderType(order_type), TimeInForce(time_in_force)
    order.terms = None if saved[13] is None else OrderTerms(*saved[13])
    order.link, order.parked, order.doomed = None, False, False
    return order
