"""Bulkhead: a trading exchange as log-backed, deterministic actors."""
