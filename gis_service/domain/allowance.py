"""How often somebody may do something: so many times at once, and as many again in an hour."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

HOUR_S = 3600.0
MOST_REMEMBERED = 50_000


class Allowance:
    """Allowances by key, each full at first and filling evenly again; of this process alone.

    Of those used longest ago beyond MOST_REMEMBERED nothing is remembered: they are full again.
    """

    def __init__(self, most: int, in_s: float = HOUR_S, most_remembered: int = MOST_REMEMBERED) -> None:
        self._most, self._each_s = most, in_s / most
        self._most_remembered = most_remembered
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: Hashable, now_s: float) -> float:
        """Take one, and return 0; or return how many seconds to wait for one.

        Args:
            key: whose allowance.
            now_s: of a clock that never goes back.
        """
        with self._lock:
            left, then_s = self._left.get(key, (float(self._most), now_s))
            left = min(float(self._most), left + (now_s - then_s) / self._each_s)
            if left < 1:
                self._left[key] = (left, now_s)
                return (1 - left) * self._each_s
            self._left[key] = (left - 1, now_s)
            self._left.move_to_end(key)
            while len(self._left) > self._most_remembered:
                self._left.popitem(last=False)
            return 0.0
