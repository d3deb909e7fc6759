"""Reads the processor's own energy meter, where Linux shows it (RAPL)."""

from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Self

RAPL = Path("/sys/class/powercap/intel-rapl:0")


@dataclass(frozen=True)
class Meter:
    """The counter of the first processor, all its cores together, in microjoules; it starts anew after `range_uj`."""

    counter: Path
    range_uj: int

    @classmethod
    def found(cls, folder: Path = RAPL) -> Self | None:
        """The meter; None where there is none or its counter may not be read."""
        try:
            meter = cls(folder / "energy_uj", int((folder / "max_energy_range_uj").read_text("ascii")))
            meter.read_uj()
        except OSError:
            return None
        return meter

    def read_uj(self) -> int:
        """The counter now."""
        return int(self.counter.read_text("ascii"))

    def since_uj(self, before_uj: int) -> int:
        """Energy since the counter stood there, if it started anew at most once."""
        return (self.read_uj() - before_uj) % self.range_uj
