"""Redis as the exchange reaches it, for whatever is kept there: snapshots, the read side."""
