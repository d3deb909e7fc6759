"""Holds the layout together: which package may import which, and what a wheel carries."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "edge": set[str](),
    "server": {"unmask_edge"},
    "training": {"unmask_edge"},
    "export": {"unmask_edge", "unmask_training"},
}
PACKAGES = {f"unmask_{folder}" for folder in MAY_IMPORT}
HEAVY = {"keras", "tensorflow", "tf_keras", "tensorflowjs"}
MODULES = [
    pytest.param(folder, module, id=str(module.relative_to(ROOT)))
    for folder in MAY_IMPORT
    for module in sorted((ROOT / folder / f"unmask_{folder}").rglob("*.py"))
]


def imported(module: Path) -> Iterator[str]:
    """Top-level names that a module's import statements name, wherever in it they stand."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {module}"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize(("folder", "module"), MODULES)
def test_imports_run_one_way(folder: str, module: Path) -> None:
    """A module imports its own package and those that its folder may import, no other sibling."""
    siblings = set(imported(module)) & PACKAGES - {f"unmask_{folder}"}
    assert siblings <= MAY_IMPORT[folder]


@pytest.mark.parametrize(("folder", "module"), [p for p in MODULES if p.values[0] in {"edge", "server"}])
def test_edge_and_server_need_no_keras(folder: str, module: Path) -> None:
    """Neither edge nor server imports Keras or TensorFlow, not even inside a function."""
    assert not set(imported(module)) & HEAVY, folder


@pytest.mark.parametrize(
    "statement", ["import unmask_edge", "from unmask_edge.cli import cli; cli(['score', '--help'])"]
)
def test_edge_loads_nothing_heavy(statement: str) -> None:
    """Neither importing edge nor `unmask score --help` loads a sibling, Keras or TensorFlow."""
    loaded = loaded_by(statement)
    assert "unmask_edge" in loaded
    assert not loaded & (HEAVY | PACKAGES - {"unmask_edge"})


def test_edge_loads_libraries_late() -> None:
    """What `import unmask_edge` costs every command is little; a detector brings the rest."""
    assert not loaded_by("import unmask_edge") & {"pydantic", "numpy", "cv2"}


@pytest.mark.parametrize("module", ["faces", "pair_worker", "evaluation.crops", "evaluation.metadata"])
def test_worker_processes_load_nothing_heavy(module: str) -> None:
    """What worker processes run loads neither Keras nor TensorFlow, each time and for each of them."""
    loaded = loaded_by(f"import unmask_training.{module}")
    assert "unmask_training" in loaded
    assert not loaded & HEAVY


def loaded_by(statement: str) -> set[str]:
    """Top-level names that a fresh interpreter has loaded once it has run a statement."""
    program = (
        f"import atexit, sys; atexit.register(lambda: print('LOADED', *{{m.split('.')[0] for m in sys.modules}}))\n"
        f"{statement}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split("LOADED")[1].split())


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_folder_holds_one_package_and_a_readme(folder: str) -> None:
    """Each Python folder holds one typed package of its own name and explains itself."""
    packages = [init.parent.name for init in (ROOT / folder).glob("*/__init__.py")]
    assert packages == [f"unmask_{folder}"]
    assert (ROOT / folder / packages[0] / "py.typed").is_file()
    assert (ROOT / folder / "README.md").read_text("utf-8").strip()


def test_wheel_carries_all_packages() -> None:
    """The wheel's list names exactly the four packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(listed) == sorted(f"{folder}/unmask_{folder}" for folder in MAY_IMPORT)
