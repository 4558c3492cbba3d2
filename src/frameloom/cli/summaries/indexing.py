"""Indexes of pools of images, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.indexing import IndexBuild, IndexInfo, IndexSearch, NearDuplicates

_SHOWN = 20  # skipped files, groups


def _build(made: IndexBuild) -> str:
    info = made.info
    skipped = f", {len(info.skipped)} skipped" if info.skipped else ""
    gone = f", {made.removed} taken out" if made.removed else ""
    line = f"{info.index}: {counted(info.images, 'image')}{skipped}, up to date"
    if made.described or made.removed:
        line = (
            f"{info.index}: {counted(info.images, 'image')} by {info.descriptor} ({info.dims} numbers each); "
            f"{made.described} {'looked at' if skipped else 'described'}{gone}{skipped}; took {seconds(made.seconds)}"
        )
    return line if info.search == "exact" else f"{line}\n  search: {searched(info)}"


def _search(found: IndexSearch) -> str:
    lines = [f"{match.similarity:7.4f}  {match.path}" for match in found.matches]
    return "\n".join([*lines, *([f"contact sheet: {found.output}"] if found.output else [])])


def _info(info: IndexInfo) -> str:
    facts = {
        "images": f"{info.images} in {info.root}",
        "descriptor": f"{info.descriptor}, {info.dims} numbers each, {info.dtype}",
        "options": ", ".join(f"{name} {value}" for name, value in info.options.items()),
        "decoding": "exact" if info.exact_decode else "scaled where images are large",
        "search": searched(info),
        "size": f"{info.size:,} bytes",
        "made with": ", ".join(f"{name} {version}" for name, version in info.made_with.items()),
        "pool": _pool(info),
    }
    lines = [str(info.index), *(f"  {name:12} {fact}" for name, fact in facts.items() if fact)]
    lines += [f"  skipped: {name}: {why}" for name, why in list(info.skipped.items())[:_SHOWN]]
    more = len(info.skipped) - _SHOWN
    lines += [f"  and {counted(more, 'more skipped file')} (--json shows all)"] if more > 0 else []
    return "\n".join([*lines, *([] if info.duplicates is None else _duplicates(info, info.duplicates))])


def searched(info: IndexInfo) -> str:
    """How an index is searched, in words."""
    settings = ", ".join(f"{name} {number}" for name, number in info.search_settings.items())
    memory = f"reaches into {info.search_memory:,} bytes"
    if not settings:
        return f"{info.search}; {memory}"
    measured = "" if info.search_recall is None else f"recall@10 {info.search_recall:.3f} on a sample of its images; "
    return f"{info.search} ({settings}); {measured}{memory}"


def _duplicates(info: IndexInfo, found: NearDuplicates) -> list[str]:
    """Groups, each with its images below the pool's folder."""
    lines = [
        f"  {counted(found.images, 'near-duplicate')} in {counted(len(found.groups), 'group')}, "
        f"similarity {found.similarity:g} or more; "
        + ("found by an earlier run" if found.reused else f"took {seconds(found.seconds)}")
    ]
    for group in found.groups[:_SHOWN]:
        first, *others = (match.path.relative_to(info.root) for match in group)
        named = ", ".join(f"{path} {match.similarity:.4f}" for path, match in zip(others, group[1:], strict=True))
        lines.append(f"  {first}: {named}")
    more = len(found.groups) - _SHOWN
    return [*lines, *([f"  and {counted(more, 'more group')} (--json shows all)"] if more > 0 else [])]


def _pool(info: IndexInfo) -> str:
    if info.up_to_date is None:
        return ""
    if info.up_to_date:
        return "up to date"
    new = counted(info.new, "image")
    return f"{new} new or changed, {info.gone} gone or changed; bring it up to date with index build"


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {IndexBuild: _build, IndexSearch: _search, IndexInfo: _info}
