"""The first messages of an exchange: what its machines must know, in the order in which they need it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bulkhead.domain.messages import control, shards, trading
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.terms import Phase
from bulkhead.topology import derived
from bulkhead.topology.genesis_limits import account_limits_of, limits_of, required_approvals
from bulkhead.topology.models import Instrument, ProRata, Topology
from bulkhead.topology.values import time_of_day_ms, whole

BEHAVIOUR_VERSION = 1
"""of the rules that a new exchange begins with"""
PHASES = {"continuous": Phase.CONTINUOUS, "halted": Phase.HALTED, "retired": Phase.RETIRED}


def pro_rata_of(instrument: Instrument) -> tuple[int, bool]:
    """As DefineInstrument has it."""
    if instrument.matching == "price-time":
        return 0, False
    rule = instrument.pro_rata or ProRata()
    return rule.minimum_lots, rule.top_order


def trading_of(topology: Topology, instrument_id: str) -> Iterator[Any]:
    """How an instrument is traded beyond its definition."""
    instrument = topology.instruments[instrument_id]

    def ticks(price: Decimal) -> int:
        return whole(Fraction(price) / Fraction(instrument.tick_size))

    least_display_lots = derived.least_display_lots(instrument)
    if least_display_lots or instrument.early_auction_orders:
        yield control.SetOrderRules(instrument_id, least_display_lots, instrument.early_auction_orders)
    bands, breaker = instrument.bands, instrument.circuit_breaker
    if bands is not None:
        if bands.reference is not None:
            yield trading.SetReferencePrice(instrument_id, ticks(bands.reference))
        static, dynamic = (None if width is None else ticks(width) for width in (bands.static, bands.dynamic))
        lasts = derived.clock_ticks(topology, bands.interruption_s)
        yield trading.SetBands(instrument_id, static, dynamic, lasts)
    if breaker is not None:
        window, pause = (derived.clock_ticks(topology, s) for s in (breaker.window_s, breaker.pause_s))
        brings = Phase[breaker.phase.upper()]
        yield trading.SetCircuitBreaker(instrument_id, ticks(breaker.move), window, pause, brings)
    if instrument.price_collar is not None:
        collar = instrument.price_collar
        yield trading.SetPriceCollar(instrument_id, collar.per_mille, collar.market == "mark")
    for time, phase in instrument.phases.items():
        comes = Phase[phase.upper()]
        yield trading.SchedulePhase(instrument_id, time_of_day_ms(time), comes, at_once=True)


def genesis(topology: Topology, public_keys: Mapping[str, bytes]) -> list[Any]:
    """Messages for control/0. `public_keys`: 32 bytes by the name that the topology gives a key."""
    messages: list[Any] = [
        control.DefineShards(
            topology.shards.risk.count, len(topology.shards.books), topology.shards.settlement.count
        ),
        *(shards.ShardRetired(number) for number in topology.shards.risk.retired),
        *(SettlementRetired(number) for number in topology.shards.settlement.retired),
        control.SetBehaviour(BEHAVIOUR_VERSION),
        *(control.SetSlots(*run) for run in derived.slot_runs(topology)),
        *(control.RegisterOperator(public_keys[name]) for name in topology.keys.operators),
        *required_approvals(topology),
        *(control.DefineAsset(name, asset.decimals) for name, asset in topology.assets.items()),
    ]
    messages += [
        control.DefineInstrument(
            *terms.definition,
            PHASES[terms.trading],
            *pro_rata_of(topology.instruments[terms.instrument_id]),
        )
        for terms in derived.instrument_terms(topology)
    ]
    for terms in derived.instrument_terms(topology):
        messages += trading_of(topology, terms.instrument_id)
    maker, taker = derived.fee_rates_e7(topology)
    for participant_id, participant in topology.participants.items():
        limits = participant.limits
        messages.append(
            control.DefineParticipant(
                participant_id,
                derived.slot_of(participant_id),
                maker,
                taker,
                limits.open_orders_max,
                limits.commands_in_flight_max,
            )
        )
        messages += [
            control.SetNotionalLimit(participant_id, asset_id, amount)
            for asset_id, amount in derived.order_notional_units_max(topology, participant_id)
        ]
        if limits.orders_per_s_max is not None:
            messages.append(control.SetOrderRate(participant_id, limits.orders_per_s_max))
        messages += limits_of(topology, participant_id)
        if topology.has_gateways:
            messages.append(control.OpenIngress(participant_id, limits.commands_per_s_max))
        messages += [
            control.RegisterKey(participant_id, public_keys[name], permissions)
            for name, permissions in participant.permissions.items()
        ]
    for account in derived.account_terms(topology):
        messages.append(control.OpenAccount(account.account_id, account.participant_id))
        messages += [
            control.Deposit(account.account_id, asset_id, amount) for asset_id, amount in account.balances
        ]
    for participant_id in topology.participants:
        messages += account_limits_of(topology, participant_id)
    return messages
