Feature: Both ends of the line show who they are
  Members may have their peers talk only to whoever shows a certificate for the line too, beside the one that signs.

  Scenario: With a certificate for the line, a change is made
    When the manufacturer writes "12 packs" under "stock" in "everyone"
    Then the regulator reads "12 packs" under "stock" in "everyone"

  Scenario: With it, announcements and blocks are followed
    Given the manufacturer announces "Shipped" with "case 7" in "everyone"
    Then the manufacturer can follow announcements and blocks from there

  Scenario: Without one, nobody answers
    When the manufacturer connects with no certificate for the line
    Then it fails as EvaluateError with the code UNAVAILABLE

  Scenario: With one of an unknown authority, nobody answers
    When the manufacturer connects with a certificate for the line that no member's authority issued
    Then it fails as EvaluateError with the code UNAVAILABLE

  Scenario: A request for blocks that was made for another line is refused
    When the manufacturer sends a request for blocks that was made for another line
    Then it fails as EventsError with the code INVALID_ARGUMENT
