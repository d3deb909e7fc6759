"""What Pydantic finds wrong, in one line."""

from pydantic import ValidationError


def in_one_line(error: ValidationError, whole: str) -> str:
    """Each fault with its place, where Pydantic's own text takes three lines a fault; no value is repeated.

    Args:
        error: what it raised.
        whole: what a fault of no single place is of.
    """
    faults = error.errors(include_url=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or whole}: {fault['msg']}" for fault in faults)
