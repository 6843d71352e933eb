"""Random histories of a consortium, and what must be true after every step of each."""
