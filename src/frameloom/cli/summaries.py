"""Results in a few lines for people."""

from fractions import Fraction
from pathlib import Path

from frameloom.results import (
    Batch,
    Between,
    Conversion,
    Demonstration,
    Diagnosis,
    Evaluation,
    Fetched,
    FlowField,
    Identification,
    Interpolation,
    ModelDetails,
    ModelList,
    Result,
    VideoFlow,
)

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
        case FlowField():
            return _flow(result)
        case VideoFlow():
            return _video_flow(result)
        case Evaluation():
            return result.table
        case Demonstration():
            return _demonstration(result)
        case Diagnosis():
            return _diagnosis(result)
        case ModelList():
            return _model_list(result)
        case ModelDetails():
            return _model_details(result)
        case Fetched():
            return _fetched(result)
        case Identification():
            return _identification(result)
        case Conversion():
            return _conversion(result)
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
    drawn = f", {made.samples} samples" if made.samples > 1 else ""
    new = f"{len(made.moments)} new images by {made.model}{drawn}"
    return f"{made.output}: {new}, {len(made.files)} files with both inputs"


def _flow(made: FlowField) -> str:
    height, width = made.size
    return (
        f"{made.output}: flow by {made.model} ({made.form}), {width}x{height}, "
        f"mean {made.mean:.2f} px, longest {made.longest:.1f} px"
    )


def _video_flow(made: VideoFlow) -> str:
    return (
        f"{made.output}: {made.flows} flows by {made.model} ({made.form}), longest {made.longest:.1f} px; "
        f"took {_seconds(made.seconds)}"
    )


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
    if found.models_without_checkpoint:
        lines.append(f"  and {found.models_without_checkpoint} that need a checkpoint: frameloom models list")
    lines += [f"  {name:24} broken plug-in: {why}" for name, why in found.broken_plugins.items()]
    lines += ["cache", f"  {found.cache}", "extras"]
    for extra in found.extras:
        state = "installed" if not extra.missing else f"add with: {extra.install}"
        lines.append(f"  {extra.name:10} {extra.purpose:28} {state}")
    return "\n".join(lines)


def _model_list(found: ModelList) -> str:
    rows = [("name", "role", "variant", "licence", "checkpoint")]
    rows += [(model.name, model.role, model.variant or "-", model.weights_licence or model.licence, model.checkpoint)
             for model in found.models]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines += [f"{name}: broken plug-in: {why}" for name, why in found.broken_plugins.items()]
    return "\n".join(lines)


def _model_details(model: ModelDetails) -> str:
    facts = {
        "role": model.role,
        "variant": model.variant,
        "summary": model.summary,
        "also called": ", ".join(model.aliases),
        "paper": model.paper,
        "flow by": model.flow,
        "licence": model.licence,
        "weights": model.weights_licence and f"licence {model.weights_licence}",
        "file": model.file,
        "from": model.source,
        "fetch from": model.url,
        "size": model.size and f"{model.size:,} bytes",
        "sha256": model.sha256,
        "checkpoint": model.checkpoint,
        "found at" if model.checkpoint == "found" else "looked for": model.place,
    }
    return "\n".join([model.name, *(f"  {name:12} {fact}" for name, fact in facts.items() if fact)])


def _fetched(made: Fetched) -> str:
    done = "downloaded" if made.downloaded else "there already"
    checked = "as the card describes it" if made.verified else f"sha256 {made.sha256}; the card knows none"
    return f"{made.path}: {made.model}, {done}, {made.size:,} bytes, {checked}"


def _identification(seen: Identification) -> str:
    if seen.models:
        what = f"fits {' or '.join(seen.models)}"
    else:
        what = "belongs to no known network" + (f"; nearest is {seen.nearest}" if seen.nearest else "")
    lines = [f"{seen.path}: {what}"]
    under = f" under '{seen.wrapper}'" if seen.wrapper else ""
    before = f", '{seen.prefix}' before every name" if seen.prefix else ""
    numbers = f"{seen.tensors} tensors, {seen.parameters:,} parameters, {', '.join(seen.precisions)}"
    lines.append(f"  {seen.form} file: {numbers}{under}{before}")
    if not seen.models:
        lines += [f"  {key}" for key in seen.first_keys]
    lines += [f"  left out: {name} ({why})" for name, why in seen.dropped.items()]
    lines += [f"  {name}: {text}" for name, text in seen.metadata.items()]
    if seen.not_compared:
        lines.append(f"  not compared, for they cannot be built here: {', '.join(seen.not_compared)}")
    return "\n".join(lines)


def _conversion(made: Conversion) -> str:
    left = f", {len(made.dropped)} entries left out that are no weights" if made.dropped else ""
    return (
        f"{made.output}: {' or '.join(made.models)}, {made.tensors} tensors, {made.parameters:,} parameters, "
        f"{made.size:,} bytes{left}"
    )
