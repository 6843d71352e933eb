Feature: Private data
  What two members agree upon between themselves is not for the others: only the members of a collection hold its
  values. Everybody else has proof that there is a value, and can tell whether one that is shown to them is the
  same, and no more.

  Scenario: The members of a collection read what one of them keeps there
    When the manufacturer keeps "9.50" under "price" in the collection "pair"
    Then the manufacturer reads "9.50" under "price" in the collection "pair"
    And the pharmacy reads "9.50" under "price" in the collection "pair"

  Scenario: Others have the proof and not the value
    When the manufacturer keeps "9.50" under "price" in the collection "pair"
    Then the regulator has the same proof of "price" in the collection "pair" as the manufacturer
    And the regulator cannot read "price" in the collection "pair"
    And the value "9.50" is nowhere in the block

  Scenario: Each member has a collection of its own
    When the pharmacy keeps "7.25" under "cost" in the pharmacy's own collection
    Then the pharmacy reads "7.25" under "cost" in the pharmacy's own collection
    And the manufacturer cannot read "cost" in the pharmacy's own collection
    And the manufacturer has the same proof of "cost" in the pharmacy's own collection as the pharmacy

  Scenario: A value is deleted
    Given the manufacturer keeps "9.50" under "price" in the collection "pair"
    When the manufacturer deletes "price" from the collection "pair"
    Then the pharmacy reads nothing under "price" in the collection "pair"
    And the regulator has no proof of "price" in the collection "pair"

  Scenario: A value is purged, and all that was ever kept of it
    Given the manufacturer keeps "9.50" under "price" in the collection "pair"
    When the manufacturer purges "price" from the collection "pair"
    Then the pharmacy reads nothing under "price" in the collection "pair"
    And the block that brought it no longer has a private value for the manufacturer

  Scenario: Only members may ask for what only members may read
    Given the manufacturer keeps "9.50" under "price" in the collection "members-only"
    When the regulator tries to have the pharmacy read "price" in the collection "members-only"
    Then it fails as EvaluateError with the code UNKNOWN and the words "tx creator does not have read access permission"

  Scenario: Only members may write where only members may
    When the regulator tries to keep "1.00" under "price" in the collection "members-only", signed by the pharmacy
    Then it fails as EndorseError with the code ABORTED and the words "tx creator does not have write access permission"

  Scenario: A collection that nobody defined
    When the manufacturer tries to keep "9.50" under "price" in the collection "no-such-collection"
    Then it fails as EndorseError with the code ABORTED and the words "no-such-collection"

  Scenario: What is told in confidence reaches the chaincode and no block
    When the manufacturer tells "anyone" in confidence that "discount" is "12 percent"
    Then the chaincode learnt that "discount" is "12 percent"
