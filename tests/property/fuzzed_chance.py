"""Chance that a fuzzer decides."""

import random


class FromBytes(random.Random):
    """What is drawn is read from bytes, so that who changes a byte changes what is drawn there, and little
    else. Behind their end all is zero.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(0)  # its own numbers are never asked for
        self._data = data
        self._read = 0

    @property
    def is_spent(self) -> bool:
        return self._read >= len(self._data)

    def random(self) -> float:
        """In steps of 1/256: finer ones would cost bytes, and no weight here is smaller."""
        return self.getrandbits(8) / 256

    def getrandbits(self, k: int) -> int:
        count = (k + 7) // 8
        begin, self._read = self._read, self._read + count
        return int.from_bytes(self._data[begin : begin + count], "big") & ((1 << k) - 1)
