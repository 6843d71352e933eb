"""Changes of ownership: offered, then accepted, rejected or cancelled."""
