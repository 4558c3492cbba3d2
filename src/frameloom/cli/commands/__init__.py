"""Verbs as commands. Words as they are typed; those before the last name a group."""

from frameloom.cli.commands import collage, making, measuring, models
from frameloom.cli.commands.command import Command

COMMANDS: dict[str, Command] = making.COMMANDS | collage.COMMANDS | measuring.COMMANDS | models.COMMANDS

GROUPS = {"models": "Lists models, and finds, fetches, recognises and converts their checkpoints."}

EXAMPLES: dict[str, tuple[str, ...]] = making.EXAMPLES | collage.EXAMPLES | measuring.EXAMPLES | models.EXAMPLES
"""What each command's help ends with; lines fit a terminal of 80 columns."""
