"""Compares all formats of a bundle with the Keras net that they were made from: accuracy, drift, noise and cost."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress

from unmask_edge.bundle import Bundle
from unmask_edge.manifest import ModelFormat
from unmask_edge.version import __version__
from unmask_export.comparison import Comparison, LayerNoise
from unmask_export.format_cost import machine, measure_formats
from unmask_export.format_figures import compare_on
from unmask_export.format_scores import Bench, open_nets
from unmask_export.kept_outputs import KeptOutputs
from unmask_export.layer_noise import layer_noise
from unmask_export.stated_losses import breaches
from unmask_training.evaluation.cases import Case, require_windows
from unmask_training.evaluation.crops import start_worker
from unmask_training.evaluation.scorers import load_scorer
from unmask_training.process_pool import process_pool

# TFLite files whose tensors can be seen and are rounded.
NOISY = ("int8", "dynamic", "int16")
NOISE_CROPS = 32


def compare_formats(
    bundle: Bundle, cases: Sequence[Case], formats: Sequence[str], kept: KeptOutputs, workers: int
) -> Comparison:
    """Compare.

    Args:
        bundle: with the weights of its Keras net.
        cases: what to measure on.
        formats: which; all of the bundle's if empty.
        kept: what earlier comparisons scored; keeps what this one does.
        workers: processes that find faces.

    Raises:
        UnmaskError: if the bundle lacks a format or the weights of its Keras net, a format does not run, or no file of
            one label could be scored.
    """
    scorer = load_scorer(bundle.folder, "keras")
    for case in cases:
        require_windows(case, [scorer], [])
    nets = open_nets(bundle, formats, scorer)
    names = [name for name in bundle.manifest.models if name in {net.name for net in nets}]
    with process_pool(workers, start_worker) as pool:
        bench = Bench(nets, scorer, kept, pool)
        with Progress(console=Console(stderr=True)) as progress:
            sets = [compare_on(case, bench.score(case, progress), scorer.rules) for case in cases]
        noise = _noise(bundle, names, cases, bench)
    manifest = bundle.manifest
    return Comparison(
        model=f"{manifest.name} {manifest.version}",
        version=__version__,
        machine=machine(),
        sets=sets,
        layer_noise=noise,
        costs=measure_formats(bundle, names),
        breaches=breaches(sets),
    )


def _noise(bundle: Bundle, names: Sequence[ModelFormat], cases: Sequence[Case], bench: Bench) -> list[LayerNoise]:
    models = bundle.manifest.models
    noisy = [name for name in names if name in NOISY]
    if not noisy or "float32" not in models:
        return []
    crops = bench.sample(cases, NOISE_CROPS)
    float32 = bundle.path(models["float32"].path)
    return [layer_noise(name, float32, bundle.path(models[name].path), crops) for name in noisy]
