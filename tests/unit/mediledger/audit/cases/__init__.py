"""Forged transactions by what they are about, and which rules each breaks."""
