"""docs/rules.md, from the catalogue of rules and the tests that show what each allows and refuses."""

from mediledger.system import PROJECT

PATH = PROJECT / "docs" / "rules.md"
TESTS = PROJECT / "tests"
ATTEMPTS = TESTS / "security" / "collusion" / "attempts.yaml"
