"""`python -m frameloom` is the same as `frameloom`."""

from frameloom.cli.app import run

if __name__ == "__main__":
    run()
