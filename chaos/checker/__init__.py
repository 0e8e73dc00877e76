"""Judges a run of the exchange from its log and from what the participants sent and received.

It imports nothing of the exchange: frames, streams and messages are read by a decoder of its own, written
from docs/wire.md. So a fault that the exchange's own code could not see in itself is seen here.

    python -m chaos.checker --connection connection.json --evidence FOLDER [--internal-key FILE]
"""
