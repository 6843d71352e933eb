"""Users of this member's API: logging in, who am I, and adding them at a shell."""
