"""``python -m mediledger``."""

from mediledger.cli import main

main()
