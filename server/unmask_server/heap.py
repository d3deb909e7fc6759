"""Keeps the heap of a process that lives long from staying as large as it once was."""

import ctypes

# Of glibc's malloc.h.
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
OWN_PAGES_FROM_BYTES = 2**18


def keep_heap_small() -> None:
    """Have large blocks given back to the system as soon as they are freed; where there is no glibc, do nothing.

    glibc puts blocks into the heap that are as large as one that was freed before, and gives each thread a heap of its
    own; each keeps what a clip or an upload took: 40 MB in the companion, and up to 30 MB in each worker.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM_BYTES)
        mallopt(M_ARENA_MAX, 1)
