"""Networks that judge how alike two images look, and what they stand upon; `frameloom.metrics` offers them by name."""
