"""Decides when to look again: as often as asked, but never so often that more of the processor is used than allowed."""

from threading import Lock


class Budget:
    """Processor time of the whole process, decoding included, which all its sources share; safe between threads."""

    def __init__(self, max_cpu: float) -> None:
        """Set the limit: share of one core that may be used on average, 1 for all of it."""
        self._max_cpu = max_cpu
        self._lock = Lock()
        self._last: tuple[float, float] | None = None
        self._paid_s = 0.0

    def paid_s(self, now_s: float, cpu_s: float) -> float:
        """When all that was used so far is within the limit; called once after each look.

        What one source uses puts off the others' next looks too, each at most once a look, so none goes without.
        """
        with self._lock:
            last_s, last_cpu_s = self._last or (now_s, cpu_s)
            used_s = max(cpu_s - last_cpu_s, 0.0)
            self._paid_s = max(self._paid_s, last_s) + used_s / self._max_cpu
            self._last = now_s, cpu_s
            return self._paid_s


class Pace:
    """Spaces the frames of one source out."""

    def __init__(self, frames_per_s: float, budget: Budget) -> None:
        """Set the limits.

        Args:
            frames_per_s: how often to look at most.
            budget: of the process.
        """
        self._interval_s = 1 / frames_per_s
        self._budget = budget
        self._last_s: float | None = None

    def wait_s(self, now_s: float, cpu_s: float) -> float:
        """How long to wait before the next look, called once after each.

        Args:
            now_s: by a clock that never jumps.
            cpu_s: processor time that the process has used so far.
        """
        last_s = now_s if self._last_s is None else self._last_s
        next_s = max(last_s + self._interval_s, self._budget.paid_s(now_s, cpu_s))
        # What was waited for counts as from when it was due, lest each look's own time be added.
        self._last_s = max(now_s, next_s)
        return max(0.0, next_s - now_s)
