"""Many texts as two arrays, so that a file can hold them beside figures."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def pack_texts(texts: Iterable[str]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return texts in UTF-8, one behind the other, and where each ends."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(one) for one in encoded], dtype=np.uint32)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), ends


def unpack_texts(packed: NDArray[np.uint8], ends: NDArray[np.uint32]) -> tuple[str, ...]:
    """Return the texts that were packed."""
    whole = packed.tobytes()
    return tuple(whole[start:end].decode() for start, end in pairwise([0, *ends.tolist()]))
