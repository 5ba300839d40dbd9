"""What an operator reads when a stored row cannot be read: the same advice in every processor."""

from garbo.errors import StoreError


def unreadable(what: str, problem: Exception) -> StoreError:
    """The error for `what`, a key or a row of the local store. It is not the fault of the record that asks for it."""
    return StoreError(
        f"{what} cannot be read ({type(problem).__name__}). If no newer Garbo wrote it, remove this worker's data "
        "folder: it is rebuilt."
    )
