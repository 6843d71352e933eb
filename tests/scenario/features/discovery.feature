Feature: Who is asked to sign
  A change counts once the members that must agree to it have signed it. The application names nobody: the
  member's own peer knows the rules and asks those that they speak of. The note chaincodes here are called after
  their rule: "anyone" needs one member's signature, "majority" that of two out of three, "everyone" all three.

  Scenario: One signature is enough, and it is the member's own
    When the pharmacy writes "12 packs" under "stock" in "anyone"
    Then it was signed by the pharmacy

  Scenario: All must sign
    When the pharmacy writes "12 packs" under "stock" in "everyone"
    Then it was signed by the manufacturer, the pharmacy and the regulator

  Scenario: The channel's own rule is a majority
    When the pharmacy writes "12 packs" under "stock" in "majority"
    Then it was signed by 2 members, among them the pharmacy

  Scenario: A chaincode that calls another needs the signatures of both
    When the manufacturer has "anyone" write "12 packs" under "stock" in "everyone"
    Then it was signed by the manufacturer, the pharmacy and the regulator

  Scenario: The application names who is to sign
    When the manufacturer writes "12 packs" under "stock" in "anyone", signed by the pharmacy and the regulator
    Then it was signed by the pharmacy and the regulator

  Scenario: Too few are named
    When the manufacturer tries to write "12 packs" under "stock" in "everyone", signed by the manufacturer
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE
    And the manufacturer reads nothing under "stock" in "everyone"

  Scenario: Somebody is named who is no member
    When the manufacturer tries to write "12 packs" under "stock" in "anyone", signed by the stranger
    Then it fails as EndorseError with the code UNAVAILABLE and the words "failed to find any endorsing peers for org(s): StrangerMSP"

  Scenario: Private data of one member is signed by that member
    When the manufacturer keeps "9.50" under "price" in the pharmacy's own collection
    Then it was signed by the pharmacy

  Scenario: A collection's own rule takes the place of the chaincode's
    When the manufacturer keeps "9.50" under "price" in the collection "both-sign"
    Then it was signed by the manufacturer and the pharmacy

  Scenario: A note's own rule adds a signature
    Given the manufacturer writes "none" under "recall" in "anyone"
    And only the regulator may change "recall" in "anyone"
    When the manufacturer writes "lot A1" under "recall" in "anyone"
    Then the regulator is among those who signed it

  Scenario: A question is answered by the member's own peer
    Given the pharmacy keeps "7.25" under "cost" in the pharmacy's own collection
    When the pharmacy asks for "cost" in the pharmacy's own collection
    Then the answer is "7.25"

  Scenario: A question is put to the member that the application names
    Given the pharmacy keeps "7.25" under "cost" in the pharmacy's own collection
    When the manufacturer asks the pharmacy for "cost" in the pharmacy's own collection
    Then the answer is "7.25"
