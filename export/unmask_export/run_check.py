"""Refuses runs whose detector this edge would not feed as its training did."""

from unmask_edge.errors import UnmaskError
from unmask_training.run import Run, read_rules


def require_readable(run: Run) -> None:
    """Compare what a run was trained behind with what the edge installed here reads.

    Raises:
        UnmaskError: if schema, face finder or crop rule differ. Runs that do not record them are of before they could.
    """
    if run.reading is None:
        return
    ours = read_rules(run.recipe)
    for name in type(ours).model_fields:
        trained, read = getattr(run.reading, name), getattr(ours, name)
        if trained != read:
            raise UnmaskError(
                f"Expected a run with the {name.replace('_', ' ')} that this version reads, {read!r}. "
                f"Received: {trained!r}."
            )
