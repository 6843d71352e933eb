"""Whether this gateway lives, and whether it can serve."""
