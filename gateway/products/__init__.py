"""Products: what a GTIN stands for."""
