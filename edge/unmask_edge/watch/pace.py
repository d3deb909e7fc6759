"""Decides when to look again: as often as asked, but never so often that more of the processor is used than allowed."""


class Pace:
    """Spaces frames out; what the whole process uses counts, decoding included."""

    def __init__(self, frames_per_s: float, max_cpu: float) -> None:
        """Set the limits.

        Args:
            frames_per_s: how often to look at most.
            max_cpu: share of one core that may be used on average, 1 for all of it.
        """
        self._interval_s = 1 / frames_per_s
        self._max_cpu = max_cpu
        self._last: tuple[float, float] | None = None

    def wait_s(self, now_s: float, cpu_s: float) -> float:
        """How long to wait before the next look, called once after each.

        Args:
            now_s: by a clock that never jumps.
            cpu_s: processor time that the process has used so far.
        """
        last_s, last_cpu_s = self._last or (now_s, cpu_s)
        used_s = max(cpu_s - last_cpu_s, 0.0)
        next_s = last_s + max(self._interval_s, used_s / self._max_cpu)
        # What was waited for counts as from when it was due, lest each look's own time be added.
        self._last = max(now_s, next_s), cpu_s
        return max(0.0, next_s - now_s)
