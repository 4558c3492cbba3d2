"""Numbers as people read them."""

from fractions import Fraction


def rate(frames: Fraction) -> str:
    """Frames per second."""
    return f"{float(frames):.3f}".rstrip("0").rstrip(".") + " fps"


def seconds(passed: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(passed, 60)
    return f"{int(minutes)} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
