"""Verbs as commands. Words as they are typed; those before the last name a group."""

from frameloom.cli.commands import indexing, making, measuring, models
from frameloom.cli.commands.command import Command

COMMANDS: dict[str, Command] = making.COMMANDS | measuring.COMMANDS | indexing.COMMANDS | models.COMMANDS

GROUPS = indexing.GROUPS | {"models": "Lists models, and finds, fetches, recognises and converts their checkpoints."}

EXAMPLES: dict[str, tuple[str, ...]] = making.EXAMPLES | measuring.EXAMPLES | indexing.EXAMPLES | models.EXAMPLES
"""What each command's help ends with; lines fit a terminal of 80 columns."""
