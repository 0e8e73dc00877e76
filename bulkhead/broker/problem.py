"""What goes wrong with a server of this machine, told to the person who asked for it."""


class BrokerError(Exception):
    """It could not be done; the text says what is missing or in the way, and what to do about it."""
