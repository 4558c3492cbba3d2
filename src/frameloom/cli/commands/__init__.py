"""Verbs as commands. Words as they are typed; those before the last name a group."""

from frameloom.cli.commands import collage, comparing, indexing, inspecting, making, measuring, models, morph, testing
from frameloom.cli.commands.command import Command

_FIELDS = (making, collage, morph, measuring, comparing, inspecting, testing, indexing, models)

COMMANDS: dict[str, Command] = {name: run for field in _FIELDS for name, run in field.COMMANDS.items()}

GROUPS = indexing.GROUPS | {"models": "Lists models, and finds, fetches, recognises and converts their checkpoints."}

EXAMPLES: dict[str, tuple[str, ...]] = {name: lines for field in _FIELDS for name, lines in field.EXAMPLES.items()}
"""What each command's help ends with; lines fit a terminal of 80 columns."""
