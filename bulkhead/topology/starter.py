"""A topology to begin with: valid, small, with a comment at everything that one may want otherwise."""

from typing import NamedTuple

DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "USDT": 6, "USDC": 6, "BTC": 8, "ETH": 18, "SOL": 9}
"""of well-known assets; of others 8"""
LOT_DECIMALS, DECIMALS_MAX = 4, 18
"""of a quantity as the template has it, and of any asset"""
SPARE_DECIMALS = 8
"""beyond the price asset's own: a price times a quantity has the decimals of both"""


class Start(NamedTuple):
    """What is asked."""

    exchange: str
    instruments: tuple[str, ...]
    """BASE-QUOTE each"""
    participants: tuple[str, ...]
    account_shards: int
    log: str
    """sqlite or pulsar"""


def starter(start: Start) -> str:
    """The file's text. ValueError: an instrument's name does not say what is traded for what."""
    pairs = [_pair(name) for name in start.instruments]
    assets = {asset: 0 for pair in pairs for asset in pair}
    for base, quote in pairs:
        assets[base] = max(assets[base], DECIMALS.get(base, 8), LOT_DECIMALS)
        assets[quote] = max(assets[quote], min(DECIMALS.get(quote, 8) + SPARE_DECIMALS, DECIMALS_MAX))
    parts = [
        _HEAD.format(exchange=start.exchange),
        "".join(f"  {asset}: {{decimals: {decimals}}}\n" for asset, decimals in assets.items()),
        _INSTRUMENTS,
        *(_INSTRUMENT.format(name=f"{base}-{quote}", base=base, quote=quote) for base, quote in pairs),
        _SHARDS.format(count=start.account_shards),
        "".join(f"    - instruments: [{name}]\n" for name in start.instruments),
        _VIEWS,
        *(
            _PARTICIPANT.format(name=name, balances=", ".join(f'{asset}: "1000"' for asset in assets))
            for name in start.participants
        ),
        _BOUNDARIES,
        *(_BOUNDARY.format(name=f"book-{number}", shard=f"book/{number}") for number in range(len(pairs))),
        *(_ACCOUNTS.format(number=number) for number in range(start.account_shards)),
        _OTHERS,
        _PULSAR if start.log == "pulsar" else _SQLITE,
        _SNAPSHOTS,
    ]
    return "".join(parts)


def _pair(instrument_id: str) -> tuple[str, str]:
    base, dash, quote = instrument_id.partition("-")
    if not (base and dash and quote) or base == quote:
        raise ValueError(f"{instrument_id!r} does not say what is traded for what: write BASE-QUOTE")
    return base, quote


_HEAD = """\
# One file is the exchange. `bulkhead topology validate` checks it, `bulkhead topology plan` shows what it
# would do, `bulkhead topology apply` does it; `bulkhead topology explain FIELD` explains any field.
exchange: {exchange}
development: true      # missing keys are made, accounts are funded. false: keys have to be there

# What is owned. An amount is a whole number of the smallest unit; decimals stay for ever. What prices are
# paid in needs more than people write: a price times a quantity has the decimals of both.
assets:
"""
_INSTRUMENTS = """
# What is traded. Prices are multiples of price_increment, quantities of quantity_increment.
instruments:
"""
_INSTRUMENT = """\
  {name}:
    base: {base}
    quote: {quote}
    price_increment: "0.01"
    quantity_increment: "0.0001"
    tick: "0.0001"             # what prices are counted in, for ever; so the increment may become finer
    lot: "0.0001"              # the same of quantities
    price_min: "0.01"
    price_max: "1000000"
    quantity_min: "0.0001"
    quantity_max: "100000"
    # trading: halted          # until `bulkhead resume {name}`
    # bands: {{static: "10", dynamic: "2", interruption_s: 120}}
"""
_SHARDS = """
# What a trade costs, as a part of the price paid.
fees:
  maker: "0"
  taker: "0.001"

# How the work is divided. Shards can be added and ended while it trades, with `bulkhead topology apply`.
shards:
  risk: {{count: {count}}}
  settlement: {{count: {count}}}
  books:               # one for each instrument; the first is book/0
"""
_VIEWS = """\
  views:
    - books: [book/*]

# Who trades. Keys are named here and kept in .bulkhead/EXCHANGE/keys.
participants:
"""
_PARTICIPANT = """\
  {name}:
    keys: [{name}]             # or what each may do: {{{name}: [trade], {name}.audit: [read]}}
    accounts: [{name}.main]
    balances: {{{balances}}}    # development only
    limits: {{open_orders_max: 1000, commands_in_flight_max: 1000}}
"""
_BOUNDARIES = """
# What fails together: every shard is in exactly one boundary. `replicas: standby` gives each of its shards a
# second process that takes over.
boundaries:
"""
_BOUNDARY = """\
  {name}: {{contains: [{shard}], restarts: {{budget: 5, within_s: 60}}, replicas: none}}
"""
_ACCOUNTS = """\
  accounts-{number}: {{contains: [risk/{number}, settlement/{number}], restarts: {{budget: 5, within_s: 60}}}}
"""
_OTHERS = """\
  control: {contains: [control/0], restarts: {budget: 5, within_s: 60}}
  clock: {contains: [clock/0], restarts: {budget: 20, within_s: 60}}
  supervisor: {contains: [supervisor], restarts: {budget: 20, within_s: 60}}
  views: {contains: [view/*], restarts: {budget: 20, within_s: 60}}

# Where everything is kept, in order.
"""
_SQLITE = """\
log:
  adapter: sqlite      # files of this machine, in .bulkhead/EXCHANGE/log
  durability: normal   # survives the death of any process; full survives a power cut, and is slower
"""
_PULSAR = """\
log:
  adapter: pulsar      # `bulkhead broker start` starts one on this machine
  service_url: pulsar://127.0.0.1:6650
  admin_url: http://127.0.0.1:8080
"""
_SNAPSHOTS = """
# States, so that a restart reads only the end of the log.
snapshots:
  adapter: files
  every_events: 100000
  keep: 3
"""
