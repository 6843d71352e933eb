Feature: Announcements
  A change may announce itself. Applications hear the announcements of a chaincode as they come, and those of
  before from any block on, each once and in order.

  Scenario: An announcement is heard as it comes
    Given the pharmacy listens to "anyone"
    When the manufacturer announces "Shipped" with "case 7" in "anyone"
    Then the pharmacy hears "Shipped" with "case 7"

  Scenario: Announcements of before are heard again
    Given the manufacturer announces "Packed" with "case 7" in "anyone"
    And the manufacturer announces "Shipped" with "case 7" in "anyone"
    And the manufacturer announces "Received" with "case 7" in "anyone"
    When the pharmacy listens to "anyone" from the block of the first announcement
    Then the pharmacy hears "Packed", "Shipped" and "Received" in this order

  Scenario: What is announced carries its transaction and its block
    Given the manufacturer announces "Shipped" with "case 7" in "anyone"
    When the pharmacy listens to "anyone" from the block of the first announcement
    Then the pharmacy hears the announcement with its transaction and its block

  Scenario: A change that did not count announces nothing
    Given the pharmacy listens to "everyone"
    When the manufacturer tries to announce "Recalled" with "lot A1" in "everyone", signed by the manufacturer
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE
    When the manufacturer announces "Released" with "lot A1" in "everyone"
    Then the pharmacy hears "Released" with "lot A1"

  Scenario: Each chaincode has its own announcements
    Given the pharmacy listens to "majority"
    When the manufacturer announces "Shipped" with "case 7" in "anyone"
    And the manufacturer announces "Counted" with "12 packs" in "majority"
    Then the pharmacy hears "Counted" with "12 packs"

  Scenario: Many at once are heard in the order of the ledger
    When the manufacturer announces 20 changes at once in "anyone"
    Then the pharmacy hears all 20, each once and in the order of the ledger

  Scenario: Listening ends when its time is over
    When the pharmacy listens to "anyone" for half a second and nothing comes
    Then it fails as EventsError with the code DEADLINE_EXCEEDED

  Scenario: Announcements of a channel that is not there
    When the pharmacy tries to listen to "anyone" in the channel "elsewhere"
    Then it fails as EventsRefused with the code PERMISSION_DENIED
