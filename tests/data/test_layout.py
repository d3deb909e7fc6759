"""Lists that are not what they should be: the error names the file and the place in it."""

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.layout import entries, lines, one_of, rows


def test_lines_are_numbered_as_an_editor_does(tree: Tree) -> None:
    """Blank lines count and are left out, and a byte order mark is no part of the first."""
    assert list(lines(tree(**{"list.txt": "\ufeffa b\n\n c \n"}) / "list.txt")) == [(1, "a b"), (3, "c")]


def test_rows_bear_the_numbers_of_their_lines(tree: Tree) -> None:
    """A column without a name is called by none, also where other columns are not asked for."""
    file = tree(**{"list.csv": 'a,b,\n1,"2\n3",4\n5,6,7\n'}) / "list.csv"
    assert rows(file, "a", "") == [(3, {"a": "1", "b": "2\n3", "": "4"}), (4, {"a": "5", "b": "6", "": "7"})]


@pytest.mark.parametrize(
    ("text", "named"), [("a,c\n1,2\n", "columns a, b in .*list.csv"), ("a,b\n1,2\n3\n", "line 3 of .*list.csv")]
)
def test_tables_that_lack_something_are_refused(tree: Tree, text: str, named: str) -> None:
    """Be it a column or the end of a row."""
    with pytest.raises(UnmaskError, match=named):
        rows(tree(**{"list.csv": text}) / "list.csv", "a", "b")


def test_other_encodings_are_refused(tree: Tree) -> None:
    """Bytes that are no UTF-8 are not guessed at."""
    file = tree() / "list.txt"
    file.write_bytes("원본".encode("cp949"))
    with pytest.raises(UnmaskError, match=r"list.txt in UTF-8"):
        list(lines(file))


@pytest.mark.parametrize(
    ("text", "named"),
    [("7", "objects in"), ('{"x": 7}', "label of x in"), ('[{"label": 1}, {}]', "label of entry 2 in"), ("{", "JSON")],
)
def test_json_that_holds_no_objects_is_refused(tree: Tree, text: str, named: str) -> None:
    """Or objects that lack a key."""
    with pytest.raises(UnmaskError, match=named):
        entries(tree(**{"list.json": text}) / "list.json", "label")


@pytest.mark.parametrize("value", ["2", 1, None, ["1"]])
def test_unknown_values_are_refused(value: object) -> None:
    """A number is not the text that looks the same."""
    with pytest.raises(UnmaskError, match=r"Expected 0 or 1 in line 3 of list.csv\. Received: "):
        one_of({"0": "real", "1": "fake"}, value, "in line 3 of list.csv")
