Feature: Going on where one left off
  An application that was away goes on with the first announcement or block that it has not dealt with: none twice,
  none left out.

  Background:
    Given the manufacturer announces "Packed" with "case 7" in "anyone"
    And the manufacturer announces "Shipped" with "case 7" in "anyone"
    And the manufacturer announces "Received" with "case 7" in "anyone"

  Scenario: In memory, announcement by announcement
    Given the pharmacy's checkpoint is in memory
    When the pharmacy deals with the first 2 announcements
    And the pharmacy listens to "anyone" from its checkpoint
    Then the pharmacy hears "Received" with "case 7"

  Scenario: In a file, after the application was started anew
    Given the pharmacy's checkpoint is in a file
    When the pharmacy deals with the first 2 announcements
    And the pharmacy's application is started anew
    And the pharmacy listens to "anyone" from its checkpoint
    Then the pharmacy hears "Received" with "case 7"

  Scenario: Within a block
    Given the manufacturer announces 20 changes at once in "anyone"
    And the pharmacy's checkpoint is in memory
    When the pharmacy deals with the 20 changes, one each time that it is started
    Then it has dealt with each once, in the order of the ledger

  Scenario: A whole block is dealt with
    Given the pharmacy's checkpoint is in memory
    When the pharmacy has dealt with the block of the first announcement
    And the pharmacy listens to "anyone" from its checkpoint
    Then the pharmacy hears "Shipped" and "Received" in this order

  Scenario: Block by block
    Given the pharmacy's checkpoint is in a file
    When the pharmacy has dealt with the block of the first announcement
    And the pharmacy's application is started anew
    Then the next block that the pharmacy is given follows it

  Scenario: Nothing was dealt with yet
    Given the pharmacy's checkpoint is in memory
    When the pharmacy listens to "anyone" from its checkpoint, else from the block of the first announcement
    Then the pharmacy hears "Packed", "Shipped" and "Received" in this order

  Scenario: A file belongs to one application at a time
    Given the pharmacy's checkpoint is in a file
    When another application takes the same file
    Then it is told: "another process keeps its checkpoint here"

  Scenario: A file that holds something else
    When the pharmacy's checkpoint is in a file that holds "not a checkpoint"
    Then it is told: "no checkpoint"
