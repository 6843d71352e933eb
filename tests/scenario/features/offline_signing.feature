Feature: The key stays in the safe
  The key that signs need not be where the application is. Each request can be carried, as bytes, to wherever the key
  is kept, be signed there, and come back.

  Background:
    Given the manufacturer's application has no key

  Scenario: A question is signed elsewhere
    Given the pharmacy writes "12 packs" under "stock" in "anyone"
    When the question for "stock" in "anyone" is carried away, signed and asked
    Then the answer is "12 packs"

  Scenario: A change is signed elsewhere at each step
    When a change of "stock" to "12 packs" in "anyone" is carried away and signed at each step
    Then the change is valid
    And the pharmacy reads "12 packs" under "stock" in "anyone"

  Scenario: The same by the digest alone
    When a change of "stock" to "12 packs" in "anyone" is signed by its digests
    Then the change is valid

  Scenario: Requests for announcements and blocks are signed elsewhere
    Given the pharmacy announces "Shipped" with "case 7" in "anyone"
    When the request for announcements of "anyone" is carried away and signed
    Then its first announcement is "Shipped"
    When the request for blocks is carried away and signed
    Then its first block has that announcement

  Scenario: Nothing unsigned leaves the application
    When the application asks for "stock" in "anyone" without a signature
    Then it is refused for want of a signature

  Scenario Outline: A signature of something else is refused
    When the <request> of a change is sent with a signature of something else
    Then it fails as <error> with the code <code>

    Examples:
      | request     | error             | code                |
      | question    | EvaluateError     | FAILED_PRECONDITION |
      | proposal    | EndorseError      | ABORTED             |
      | transaction | SubmitError       | ABORTED             |
      | commit      | CommitStatusError | PERMISSION_DENIED   |
      | events      | EventsError       | PERMISSION_DENIED   |
      | blocks      | EventsError       | PERMISSION_DENIED   |
