"""Reports over the mirror."""
