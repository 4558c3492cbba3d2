"""Models behind their roles, and the table of those that come with the package."""

import os

# PyTorch's threads wait for each other by spinning, which costs a busy machine up to three times the processor time:
# decoding and encoding run beside the network. It is read when PyTorch is first imported, below this package.
os.environ.setdefault("GOMP_SPINCOUNT", "0")
