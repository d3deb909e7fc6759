"""Command line of the training package. Heavy imports wait until a command runs."""

from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
from rich.console import Console

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR
from unmask_training.data.commands import engine_option
from unmask_training.data.record import Split
from unmask_training.synthesis.lessons import LESSONS

if TYPE_CHECKING:
    from unmask_training.data.extract import EngineName

data_option = click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Image folders, or a store that `unmask data faces` made.",
)
faces_option = click.option(
    "--faces",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where face windows are kept, for several runs to share.  [default: faces in the folder of --out]",
)
workers_option = click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that make the data."
)


@click.command()
@click.option("--recipe", required=True, metavar="NAME|FILE", help="A named recipe or a TOML file.")
@data_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Run folder.")
@click.option("--weights", metavar="FILE|imagenet|none", help="Backbone weights in place of the recipe's.")
@faces_option
@workers_option
def train(recipe: str, data: Path, out: Path, weights: str | None, faces: Path | None, workers: int) -> None:
    """Train a detector; started again with the same --out, go on where it stopped."""
    from unmask_training.outcome import print_metrics
    from unmask_training.recipe import load_recipe
    from unmask_training.train import train as run_training

    resolved = load_recipe(recipe)
    if weights:
        resolved = resolved.model_copy(update={"model": resolved.model.model_copy(update={"weights": weights})})
    print_metrics(run_training(resolved, data, out, faces or out / "faces", workers), Console())
    click.echo(f"Next: unmask export {out} --out BUNDLE")


@click.command()
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Run folder.")
@click.option("--epochs", default=6, show_default=True, type=click.IntRange(2), help="Half of them only for the head.")
@click.option("--steps", default=100, show_default=True, type=click.IntRange(1), help="Batches an epoch.")
@click.option(
    "--labelled",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the pairs whose fake is one of --data, where it has fakes; the others are forged from its reals.",
)
@faces_option
@workers_option
def finetune(
    model: Path, data: Path, out: Path, epochs: int, steps: int, labelled: float, faces: Path | None, workers: int
) -> None:
    """Adapt a trained MODEL, a bundle or a run, to your own pictures, and show what that did on some of them.

    An interrupted fine-tuning begins anew.
    """
    from unmask_training.finetune import Plan
    from unmask_training.finetune import finetune as run_finetuning
    from unmask_training.outcome import print_outcome

    plan = Plan(epochs, steps, labelled, faces or out / "faces", workers)
    print_outcome(run_finetuning(model, data, out, plan), Console())
    click.echo(f"Next: unmask export {out} --out BUNDLE")


@click.command()
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
@click.option(
    "--size",
    "sizes",
    multiple=True,
    required=True,
    metavar="PXxWIDTH",
    help="Input and width multiplier of a detector to make, as 128x0.5; once for each.",
)
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Run or bundle that teaches in place of MODEL, once for each; what they answer on average is learnt.",
)
@click.option(
    "--labels",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="What the labels count in what is learnt; the teachers count the rest.",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the runs.")
@click.option("--epochs", default=5, show_default=True, type=click.IntRange(1), help="What is kept if interrupted.")
@click.option("--steps", default=200, show_default=True, type=click.IntRange(1), help="Batches an epoch.")
@click.option("--pairs", default=16, show_default=True, type=click.IntRange(1), help="Pairs of a batch.")
@click.option("--rate", default=1e-3, show_default=True, type=click.FloatRange(0, min_open=True), help="Learning rate.")
@faces_option
@workers_option
def distil(
    model: Path,
    data: Path,
    sizes: tuple[str, ...],
    teachers: tuple[Path, ...],
    labels: float,
    out: Path,
    epochs: int,
    steps: int,
    pairs: int,
    rate: float,
    faces: Path | None,
    workers: int,
) -> None:
    """Make detectors of other sizes that answer as a trained MODEL, a bundle or a run, or as other teachers do.

    Started again with the same --out, go on where it stopped.
    """
    from unmask_training.distillation import Plan, Size
    from unmask_training.distillation import distil as run_distillation
    from unmask_training.outcome import print_sizes

    plan = Plan(epochs, steps, pairs, rate, teachers, labels, faces or out / "faces", workers)
    of_source, runs = run_distillation(model, [Size.parse(size) for size in sizes], data, out, plan)
    print_sizes(of_source, runs, Console())
    click.echo(f"Next: unmask export {out / next(iter(runs))} --out BUNDLE")


@click.command()
@click.argument("models", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Run folder.")
@faces_option
@workers_option
def join(models: tuple[Path, ...], data: Path, out: Path, faces: Path | None, workers: int) -> None:
    """Join trained MODELS, bundles or runs, into one detector that says what they say on average."""
    from unmask_training.ensemble import join as run_join
    from unmask_training.outcome import print_metrics

    print_metrics(run_join(list(models), data, out, faces or out / "faces", workers), Console())
    click.echo(f"Next: unmask export {out} --out BUNDLE")


@click.command()
@data_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@faces_option
@click.option("--swap-steps", default=3000, show_default=True, type=click.IntRange(1), help="For the swap.")
@click.option("--picture-steps", default=600, show_default=True, type=click.IntRange(1), help="For each stride.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that find faces.")
def autoencoders(data: Path, out: Path, faces: Path | None, swap_steps: int, picture_steps: int, workers: int) -> None:
    """Train the autoencoders that forge faces; what an interrupted run has finished is kept."""
    from unmask_training.autoencoder import real_faces, train_autoencoders

    store = faces or out / "faces"
    for path in train_autoencoders(real_faces(data, store, workers), store, out, swap_steps, picture_steps):
        click.echo(path)


@click.command()
@click.argument("study", metavar="NAME|FILE")
@data_option
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the runs.")
@click.option("--weights", metavar="FILE|imagenet|none", help="Backbone weights in place of the recipes'.")
@click.option(
    "--clips",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Labelled folder to measure each variant on besides, as `unmask evaluate` does.",
)
@workers_option
def study(study: str, data: Path, out: Path, weights: str | None, clips: tuple[Path, ...], workers: int) -> None:
    """Train the variants of a study alike and compare them; started again, go on where it stopped."""
    from unmask_training.study import load_study, run_study
    from unmask_training.study_table import measure, print_table, write_markdown

    runs = run_study(load_study(study).recipes(weights), data, out, out / "faces", workers)
    results = measure(runs, clips, workers)
    print_table(results)
    write_markdown(results, out / "study.md")
    click.echo(f"Wrote {out / 'study.md'}")


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the clips.")
def samples(out: Path) -> None:
    """Make two sample clips: a pan over a public-domain portrait, and the same pan over a forgery of it."""
    from unmask_training.samples import write_samples

    for path in write_samples(out):
        click.echo(path)


@click.command()
@click.argument("kind", type=click.Choice(sorted(LESSONS)))
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the pictures.")
@click.option(
    "--donor",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Picture of another face, for the kinds that take two.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another seed, other forgeries.")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1), help="How many forgeries to draw.")
def synth(kind: str, image: Path, out: Path, donor: Path | None, seed: int, count: int) -> None:
    """Forge the largest face of IMAGE by one of the methods that training uses, to learn what gives it away.

    Each draw is written beside its unforged twin and its mask; the forged files' metadata say that they are synthetic.
    """
    import numpy as np

    from unmask_training.synth import forge, read_faces, write_forgery

    faces = read_faces(kind, image, donor)
    out.mkdir(parents=True, exist_ok=True)
    for draw in range(count):
        forgery = forge(kind, faces, np.random.default_rng((seed, draw)))
        click.echo(f"{write_forgery(forgery, faces[0].landmarks, out, str(draw))}: {forgery.kind}")
    click.echo(LESSONS[kind])
    click.echo("The real twin may be softened or recoloured all over, as the forgery is outside its mask.")


@click.command()
@click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="[SET:]DIR|GLOB|LIST|URI|STORE",
    help="Copy of a data set (`unmask data list`) or a plain folder, or, as by DIR/**/*.mp4 or DIR/clips.txt, some of "
    "its files, there or in an object store (s3://BUCKET/DIR), or a store that `unmask data faces` made; once for "
    "each.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    default=[str(DEFAULT_BUNDLE_DIR)],
    metavar="BUNDLE[:FORMAT]|RUN|peer:NAME|TOML",
    help="What to compare, once for each; the others stand beside the first. FORMAT is float16 if not given, or any "
    "other of the bundle's TFLite and ONNX formats, or keras. Peers are mesonet-df, mesonet-f2f, mesonet-inception-df, "
    "mesonet-inception-f2f and constant. "
    "A TOML file tells of any other net. The packaged bundle if not given.",
)
@click.option(
    "--peers", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of MesoNet's four .h5 files."
)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Which files.  [default: test where a set has it, else val, else all]",
)
@click.option(
    "--distort",
    "distortions",
    multiple=True,
    metavar="KIND[:LEVEL]|grid",
    help="Measure again after this, once for each; as in h264:35, or h264 for its five levels, or grid for all kinds.",
)
@click.option("--json", "json_file", type=click.File("w"), help="Write one JSON array to a file; - prints it instead.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the report, and for scores that a later evaluation into it need not find again.",
)
@click.option(
    "--thumbnails",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Reals and fakes, so many of each, that the report shows of those that the first net is most wrong about.",
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes that find faces.")
@engine_option
def evaluate(
    data: tuple[str, ...],
    models: tuple[str, ...],
    peers: Path | None,
    split: Split | None,
    distortions: tuple[str, ...],
    json_file: IO[str] | None,
    out: Path | None,
    thumbnails: int,
    workers: int,
    engine: "EngineName",
) -> None:
    """Score copies of data sets and show how well each net tells fakes from reals.

    A plain folder holds images or clips below folders called real and fake, or a manifest.csv with the columns file and
    label, and pair where forgeries and their originals are to be compared, and identity where people recur. Of a store
    the faces are scored that it holds.
    """
    from unmask_training.evaluate import evaluate as run_evaluation
    from unmask_training.evaluation.cache import ScoreCache
    from unmask_training.evaluation.cases import open_case
    from unmask_training.evaluation.distortions import parse_distortions
    from unmask_training.evaluation.engines import local_engine, ray_engine
    from unmask_training.evaluation.nets import open_nets
    from unmask_training.evaluation.report_files import write_csv, write_json
    from unmask_training.evaluation.report_page import write_page
    from unmask_training.evaluation.table import print_table

    parsed = [distortion for text in distortions for distortion in parse_distortions(text)]
    cases = [open_case(text, split) for text in dict.fromkeys(data)]
    scorers = open_nets(models, peers)
    if out:
        out.mkdir(parents=True, exist_ok=True)
    opened = local_engine(workers) if engine == "local" else ray_engine(workers, models, peers)
    with closing(ScoreCache(out and out / "scores.sqlite")) as cache, opened as place:
        evaluations = run_evaluation(cases, scorers, parsed, cache, place)
    if out:
        write_page(evaluations, cases, thumbnails, out / "report.html")
        write_csv(evaluations, out / "report.csv")
        with (out / "report.json").open("w", encoding="utf-8") as file:
            write_json(evaluations, file)
    if json_file:
        write_json(evaluations, json_file)
    if json_file is None or json_file.name != "<stdout>":
        print_table(evaluations)
    if out:
        click.echo(f"Wrote {out / 'report.html'}, report.json and report.csv", err=True)
