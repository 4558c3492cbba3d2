"""Models behind their roles, and the table of those that come with the package."""

import os

# PyTorch reads both when it is first imported, which happens below this package.
# Its threads wait for each other by spinning, which costs a busy machine up to three times the processor time: decoding
# and encoding run beside the network.
os.environ.setdefault("GOMP_SPINCOUNT", "0")
# Each large tensor is fetched from the system and given back; in huge pages that takes 5 to 25 % less time.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
