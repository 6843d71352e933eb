"""Prints the page, or puts it where it belongs."""

from __future__ import annotations

import argparse
import sys

from mediledger.rulebook import ATTEMPTS, PATH, TESTS, attempts, marks, page
from mediledger.system import PROJECT


def main() -> None:
    parser = argparse.ArgumentParser(prog="mediledger.rulebook", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PATH.relative_to(PROJECT)}")
    written = page.page(marks.shown(TESTS, PROJECT), attempts.read(ATTEMPTS))
    if parser.parse_args().write:
        PATH.write_text(written, encoding="utf-8")
    else:
        sys.stdout.write(written)


if __name__ == "__main__":
    main()
