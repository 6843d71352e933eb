"""Units, the serialised packs: commissioned, looked up, traced, dispensed."""
