"""The clock machine: numbers the gateway's readings of the time and distributes them as ticks."""
