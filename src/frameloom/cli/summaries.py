"""Results in a few lines for people."""

from fractions import Fraction
from pathlib import Path

from frameloom.results import Batch, Between, Demonstration, Diagnosis, Evaluation, Interpolation, Result

_SOUND = {
    "copied": ", with sound",
    "stretched": ", with sound",
    "left out": ", without the sound",
    "dropped": ", without the sound",
    "none": "",
}


def summary(result: Result) -> str:
    """What a person wants to know of a result."""
    match result:
        case Interpolation():
            return _interpolation(result)
        case Batch():
            return _batch(result)
        case Between():
            return _between(result)
        case Evaluation():
            return result.table
        case Demonstration():
            return _demonstration(result)
        case Diagnosis():
            return _diagnosis(result)
        case _:
            return str(result)


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".") + " fps"


def _seconds(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)} min {rest:.0f} s" if minutes else f"{rest:.1f} s"


def _interpolation(made: Interpolation) -> str:
    repeats = f", {made.held} repeats re-timed" if made.held else ""
    sound = _SOUND[made.sound]
    return (
        f"{made.output}: {made.frames_written} frames ({made.frames_made} made by {made.model}{repeats}) "
        f"at {_rate(made.rate)}, {float(made.duration):.3f} s long{sound}; took {_seconds(made.seconds)}"
    )


def _batch(batch: Batch) -> str:
    lines = [_interpolation(made) for made in batch.results]
    lines += [f"{source}: not made: {why}" for source, why in batch.failures.items()]
    total = len(batch.results) + len(batch.failures)
    return "\n".join([*lines, f"{len(batch.results)} of {total} made"])


def _between(made: Between) -> str:
    return f"{made.output}: {len(made.moments)} new images by {made.model}, {len(made.files)} files with both inputs"


def _demonstration(shown: Demonstration) -> str:
    rivals = ", ".join(f"{name} {values['psnr']:.2f} dB" for name, values in shown.baselines.items())
    return (
        f"{shown.frames} frames restored by {shown.model}: {shown.psnr:.2f} dB PSNR, {shown.ssim:.4f} SSIM "
        f"({rivals})\nopen {Path(shown.page).resolve()} in a browser to see them; took {_seconds(shown.seconds)}"
    )


def _diagnosis(found: Diagnosis) -> str:
    lines = ["versions", *(f"  {name:24} {number}" for name, number in found.versions.items())]
    lines += ["devices", *(f"  {name:24} {what}" for name, what in found.devices.items())]
    lines += [
        "codecs",
        *(f"  {name:24} {'can be written' if can else 'missing'}" for name, can in found.codecs.items()),
    ]
    lines += ["models", *(f"  {name:24} {what}" for name, what in found.models.items())]
    lines += [f"  {name:24} broken plug-in: {why}" for name, why in found.broken_plugins.items()]
    lines += ["cache", f"  {found.cache}", "extras"]
    for extra in found.extras:
        state = "installed" if not extra.missing else f"add with: {extra.install}"
        lines.append(f"  {extra.name:10} {extra.purpose:28} {state}")
    return "\n".join(lines)
