"""The settlement machine: a double-entry ledger; each trade's legs settle at once, delivery versus payment.

Every leg is between an account and the house (novation), so each shard balances by itself, and the house
accounts add up to zero over all shards. legs.py · deposits.py · giving.py accounts that go to another
shard, or come (leaving_state.py) · founding.py what a new shard is told · moving.py slots of risk shards that
move · isolation.py an account that halts by itself · model.py · machine.py.
"""
