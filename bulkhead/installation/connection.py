"""Writes down for participants what they must know of an exchange (client/connection.py reads it)."""

from bulkhead.client.connection import Asset, Connection, Instrument, Participant
from bulkhead.topology import derived
from bulkhead.topology.models import Topology


def describe(topology: Topology, log_address: str, genesis_id: bytes) -> Connection:
    """The connection facts of a running exchange. `up` calls this; the key NAME is expected in
    keys/NAME.pem."""
    risk_shards = derived.slot_table(topology.shards.risk)
    return Connection(
        exchange_id=topology.exchange,
        genesis_id=genesis_id.hex(),
        log=log_address,
        assets={name: Asset(decimals=asset.decimals) for name, asset in topology.assets.items()},
        instruments={
            terms.instrument_id: Instrument(
                base=terms.base_asset_id,
                quote=terms.quote_asset_id,
                market_data=f"market_data/{terms.book}",
                tick=terms.tick,
                lot=terms.lot,
                **{
                    name: format(getattr(topology.instruments[terms.instrument_id], name), "f")
                    for name in (
                        "price_increment",
                        "price_min",
                        "price_max",
                        "quantity_increment",
                        "quantity_min",
                        "quantity_max",
                    )
                },
            )
            for terms in derived.instrument_terms(topology)
        },
        participants={
            participant_id: Participant(
                orders=f"orders/{risk_shards[derived.slot_of(participant_id)]}",
                reports=f"reports.{participant_id}/0",
                accounts=participant.account_ids,
                keys={name: f"keys/{name}.pem" for name in participant.keys},
            )
            for participant_id, participant in topology.participants.items()
        },
    )
