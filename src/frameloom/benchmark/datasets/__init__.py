"""One file for each data set: its published layout, and its samples. `table` lists them."""
