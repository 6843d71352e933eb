"""The law as pure functions: who may do what to which document, and when. Each refuses by raising Refusal."""
