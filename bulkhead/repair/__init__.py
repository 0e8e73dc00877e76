"""The way back from FATAL: where a shard stands and why, and what of a lost stream can be derived again.

Nothing here changes anything. An operator decides, with what is found here, and signs; the decision goes
through control to the shard's own partition of decisions (runtime/decisions.py), and is read there by every
process and every replay. examine.py · resend.py · held.py · ways.py ·
balances.py what the ledger says of accounts.
"""
