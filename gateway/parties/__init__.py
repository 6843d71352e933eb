"""Trading partners and their licences."""
