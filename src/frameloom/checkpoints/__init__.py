"""Weights from files: found, verified, read without executing anything, and loaded completely or not at all.

`locations` finds the file, `weights` reads it (through `pickles` where it is one), `loading` puts it into a network,
`identification` says what an unknown file is, `conversion` and `download` write files. `locations` and `download` work
without PyTorch; the others import it.
"""
