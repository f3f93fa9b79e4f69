"""Gives memory back to the system after something great was made and thrown away."""

from __future__ import annotations

import ctypes


def give_back_memory() -> None:
    """Return what the C library keeps of freed memory; does nothing with a library that cannot.

    The shapes of a province take a gigabyte while they are made into a snapshot.  glibc keeps most of it for the
    life of the process, since a few small things that stay lie at the end of the heap.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
