"""Numbers of things, in words."""


def counted(count: int, what: str) -> str:
    """A number and its noun: 1 frame, 2 frames. `what` takes an s where there are several."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
