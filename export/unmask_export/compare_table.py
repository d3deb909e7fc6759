"""Shows a comparison of formats as tables on the terminal."""

from collections.abc import Collection

from rich.console import Console
from rich.table import Table

from unmask_export.comparison import KERAS, Comparison, FormatCost, FormatOnSet, SetComparison

# Wide enough for every column of a table that goes into a file.
FILE_WIDTH = 160


def print_tables(comparison: Comparison, console: Console) -> None:
    """Print what each format loses on each set, where quantized ones lose it, and what they cost."""
    if not console.is_terminal:
        console.width = FILE_WIDTH
    for part in comparison.sets:
        console.print(_losses(part, {breach.format for breach in comparison.breaches if breach.data == part.data}))
    for noise in comparison.layer_noise:
        worst = max(noise.layers, key=lambda layer: layer.lost_db or 0)
        console.print(f"{noise.format} loses most at {worst.name}: {worst.lost_db or 0:.1f} dB")
    console.print(_costs(comparison))


def _losses(part: SetComparison, exceeding: Collection[str]) -> Table:
    table = Table(
        *("format", "AUC (95 %)", "beside Keras", "verdicts flipped"),
        *("score drift: mean", "99 %", "largest", "region map drift: mean", "largest", "stated loss"),
        title=f"{part.data}: {part.reals} real and {part.fakes} fake {part.unit}s, {part.crops} crops",
        title_justify="left",
    )
    for told in part.formats:
        table.add_row(*_loss_cells(told), "" if told.format == KERAS else _kept(told.format not in exceeding))
    return table


def _kept(kept: bool) -> str:
    return "kept" if kept else "[bold]exceeded[/]"


def _loss_cells(told: FormatOnSet) -> tuple[str, ...]:
    auc = told.files.figures["auc"].shown(".3f", ".2f")
    if told.format == KERAS:
        return (told.format, auc, *[""] * 7)
    score, region = told.score_drift, told.region_map_drift
    return (
        told.format,
        auc,
        told.files.beside_keras["auc"].shown("+.4f", "+.4f"),
        f"{len(told.flips)} ({told.flipped:.1%})",
        *(f"{value:.4f}" for value in (score.mean, score.quantile_99, score.largest, region.mean, region.largest)),
    )


def _costs(comparison: Comparison) -> Table:
    table = Table(
        *("format", "runtime", "MB", "load, ms", "1 thread, ms: p50", "p95", "2 threads, ms: p50", "p95"),
        *("memory, MB", "energy, mJ"),
        caption=comparison.machine,
    )
    for cost in comparison.costs:
        table.add_row(*_cost_cells(cost))
    return table


def _cost_cells(cost: FormatCost) -> tuple[str, ...]:
    times = [f"{value:.1f}" for latency in cost.latencies for value in (latency.p50_ms, latency.p95_ms)]
    return (
        cost.format,
        cost.runtime,
        f"{cost.size_bytes / 1e6:.2f}",
        f"{cost.load_ms:.0f}",
        *[*times, "one only", ""][:4],
        "not told here" if cost.peak_memory_mb is None else f"{cost.peak_memory_mb:.1f}",
        "not metered here" if cost.energy_mj is None else f"{cost.energy_mj:.1f}",
    )
