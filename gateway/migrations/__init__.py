"""The history of a member's database schema."""
