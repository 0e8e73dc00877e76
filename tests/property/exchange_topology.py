"""A small exchange for random flows: few prices, odd fees, balances and limits that are soon reached."""

TEXT = """
exchange: random
development: true
assets:
  USD: {decimals: 6}
  X: {decimals: 3}
  Z: {decimals: 2}
instruments:
  X-USD:
    {base: X, quote: USD, price_increment: "0.01", quantity_increment: "0.1",
     price_min: "0.90", price_max: "1.10", quantity_min: "0.1", quantity_max: "1.5"}
  Z-USD:
    {base: Z, quote: USD, price_increment: "0.02", quantity_increment: "0.2", tick: "0.01", lot: "0.1",
     price_min: "0.90", price_max: "1.10", quantity_min: "0.4", quantity_max: "1.6",
     early_auction_orders: true, least_display_quantity: "0.4"}
  Z-X:
    {base: Z, quote: X, price_increment: "0.1", quantity_increment: "0.1",
     price_min: "9", price_max: "11", quantity_min: "0.1", quantity_max: "1.5"}
fees: {maker: "-0.0002503", taker: "0.0010007"}
shards:
  risk: {count: 2, commands_in_flight_max: 9}
  settlement: {count: 2}
  books:
    - instruments: [X-USD]
    - instruments: [Z-USD]
    - instruments: [Z-X]
participants:
  alice:
    keys: [alice]
    accounts: [alice.main, alice.other]
    balances: {USD: "4", X: "60", Z: "5"}
    limits: {open_orders_max: 7, commands_in_flight_max: 8}
  bob:
    keys: [bob]
    accounts: [bob.main]
    balances: {USD: "6", X: "60", Z: "5"}
    limits: {open_orders_max: 9, commands_in_flight_max: 12, order_notional_max: {USD: "1.4"}}
  carol:
    keys: [carol]
    accounts: [carol.main]
    balances: {USD: "5", X: "90", Z: "9"}
  flow2:
    keys: [flow2]
    accounts: [flow2.main]
    balances: {USD: "9", X: "60"}
boundaries:
  all:
    contains: [risk/*, book/*, settlement/*, control/0, clock/0, supervisor]
    restarts: {budget: 5, within_s: 60}
"""
