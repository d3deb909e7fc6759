"""Which files of a copy are meant, in a folder and in an object store, for which a file:// URI stands here."""

from pathlib import Path

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.copies import Location, local, look_at, opened
from unmask_training.data.folder import FOLDER

FILES = ("real/a.mp4", "real/sub/b b.mp4", "fake/ü.mp4", "fake/d.png")


@pytest.fixture(params=["folder", "object store"])
def copy(request: pytest.FixtureRequest, tree: Tree) -> str:
    """A copy in either, as a user names it."""
    folder = tree(*FILES, **{"real/a.mp4": "content", "clips.txt": "fake/ü.mp4\n\nreal/a.mp4\n"})
    return str(folder) if request.param == "folder" else f"file://{folder}"


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("", ["fake/d.png", "fake/ü.mp4", "real/a.mp4", "real/sub/b b.mp4"]),
        ("/**/*.mp4", ["fake/ü.mp4", "real/a.mp4", "real/sub/b b.mp4"]),
        ("/./real/*", ["real/a.mp4"]),
        ("/clips.txt", ["fake/ü.mp4", "real/a.mp4"]),
    ],
)
def test_globs_and_lists_mean_some_of_the_files(copy: str, pattern: str, meant: list[str]) -> None:
    """In the order and with the labels that the set's reader gives, and with their sizes."""
    with opened(copy + pattern) as source:
        records = source.records(FOLDER)
        assert [record.path for record in records] == meant
        assert {record.path: record.label for record in records}.items() <= {
            path: path.split("/")[0] for path in FILES
        }.items()
        sizes = [(source.folder / record.path).stat().st_size for record in records]
        assert sizes == [7 if path == "real/a.mp4" else 0 for path in meant]
        assert look_at(Location(source.root, "real/a.mp4"), Path.read_text) == "content"
        assert look_at(Location(source.root, "fake/ü.mp4"), Path.read_text) == ""


def test_what_is_fetched_goes_when_it_was_looked_at(copy: str, tmp_path: Path) -> None:
    """A set larger than the disk can be worked on; a missing file is missing here too."""
    with opened(copy) as source, local(Location(source.root, "real/a.mp4")) as path:
        assert path.is_file()
    assert path.exists() == (not copy.startswith("file:"))
    with local(Location(copy, "real/gone.mp4")) as gone:
        assert not gone.exists()
    assert (tmp_path / "real" / "a.mp4").exists()


@pytest.mark.parametrize("pattern", ["/**/*.avi", "/none.txt", "/bad.txt"])
def test_what_means_no_file_of_the_set_is_refused(copy: str, pattern: str, tmp_path: Path) -> None:
    """A list with a slip in it would leave files out in silence."""
    (tmp_path / "bad.txt").write_text("real/a.mp4\nreal/slip.mp4\n")
    with opened(copy + pattern) as source, pytest.raises(UnmaskError, match=r"Received: (none|real/slip|a folder)"):
        source.records(FOLDER)


@pytest.mark.parametrize("text", ["nowhere", "nowhere/*.mp4", "file:///nowhere", "nonesuch://bucket/folder"])
def test_a_copy_that_is_nowhere_is_refused(text: str) -> None:
    """The error names it."""
    with pytest.raises(UnmaskError, match=r"nowhere|nonesuch"), opened(text):
        pass
