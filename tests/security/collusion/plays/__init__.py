"""How each attempt of attempts.yaml is made."""

from __future__ import annotations

from tests.security.collusion.plays import documents, holds, packing, sold, trays

PLAYS = documents.PLAYS | holds.PLAYS | packing.PLAYS | sold.PLAYS | trays.PLAYS
