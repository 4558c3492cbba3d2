"""Models and what is installed, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.models import Conversion, Diagnosis, Fetched, Identification, ModelDetails, ModelList


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
        "also called": ", ".join(alias for alias in model.aliases if alias != model.name),
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
    numbers = f"{counted(seen.tensors, 'tensor')}, {seen.parameters:,} parameters, {', '.join(seen.precisions)}"
    lines.append(f"  {seen.form} file: {numbers}{under}{before}")
    if not seen.models:
        lines += [f"  {key}" for key in seen.first_keys]
    lines += [f"  left out: {name} ({why})" for name, why in seen.dropped.items()]
    lines += [f"  {name}: {text}" for name, text in seen.metadata.items()]
    if seen.not_compared:
        lines.append(f"  not compared, for they cannot be built here: {', '.join(seen.not_compared)}")
    return "\n".join(lines)


def _conversion(made: Conversion) -> str:
    left = f", {counted(len(made.dropped), 'other value')} left out" if made.dropped else ""
    return (
        f"{made.output}: {' or '.join(made.models)}, {counted(made.tensors, 'tensor')}, "
        f"{made.parameters:,} parameters, {made.size:,} bytes{left}"
    )


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Diagnosis: _diagnosis,
    ModelList: _model_list,
    ModelDetails: _model_details,
    Fetched: _fetched,
    Identification: _identification,
    Conversion: _conversion,
}
