"""The catalogue holds every reader there is."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from unmask_edge.errors import UnmaskError
from unmask_training import data
from unmask_training.data.catalogue import DATA_SETS, data_set
from unmask_training.data.record import DataSet

SETS = [
    (module.name, value)
    for module in iter_modules(data.__path__)
    for value in vars(import_module(f"{data.__name__}.{module.name}")).values()
    if isinstance(value, DataSet)
]


def test_no_set_is_left_out() -> None:
    """Every set that a file defines is in it, once."""
    assert sorted(found.key for _, found in SETS) == sorted(DATA_SETS)


@pytest.mark.parametrize("module", sorted({module for module, _ in SETS}))
def test_every_file_of_readers_is_tested(module: str) -> None:
    """Its own test stands beside this one."""
    assert (Path(__file__).parent / f"test_{module}.py").exists()


def test_keys_are_easy_to_type() -> None:
    """They are lower case and without spaces."""
    assert all(key == key.lower() and " " not in key for key in DATA_SETS)


def test_the_oldest_stands_first() -> None:
    """Sets are in order of their years."""
    years = [entry.year for entry in DATA_SETS.values()]
    assert years == sorted(years)


@pytest.mark.parametrize("entry", DATA_SETS.values(), ids=DATA_SETS)
def test_every_set_tells_its_terms(entry: DataSet) -> None:
    """What it is, what is allowed, whom to ask, where to read on and what to mind."""
    told = (entry.name, entry.size, entry.licence, entry.access, entry.paper, entry.trap, *entry.methods)
    assert all(told)
    assert entry.methods


def test_an_unknown_key_is_refused() -> None:
    """The error names those there are."""
    assert data_set("uadfv") is DATA_SETS["uadfv"]
    with pytest.raises(UnmaskError, match=r"Expected one of uadfv, .*celeb-df\+\+\. Received: celeb\."):
        data_set("celeb")
