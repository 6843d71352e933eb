Feature: Notes with a rule of their own
  Some notes matter more than others. Whoever may write a note can say who must sign each later change of it,
  whatever the chaincode's rule is for all the rest.

  Background:
    Given the manufacturer writes "none" under "recall" in "anyone"
    And only the regulator may change "recall" in "anyone"

  Scenario: Without the signature that the note asks for, a change is invalid
    When the manufacturer tries to write "lot A1" under "recall" in "anyone", signed by the manufacturer
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE
    And the manufacturer reads "none" under "recall" in "anyone"

  Scenario: With it, a change counts
    When the manufacturer writes "lot A1" under "recall" in "anyone", signed by the regulator
    Then the pharmacy reads "lot A1" under "recall" in "anyone"

  Scenario: It cannot be deleted without it either
    When the manufacturer tries to delete "recall" in "anyone", signed by the manufacturer
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE
    And the manufacturer reads "none" under "recall" in "anyone"

  Scenario: Other notes go by the chaincode's rule
    When the manufacturer writes "12 packs" under "stock" in "anyone", signed by the manufacturer
    Then the pharmacy reads "12 packs" under "stock" in "anyone"

  Scenario: The rule itself is changed only by those it names
    When the manufacturer tries to lift the rule of "recall" in "anyone", signed by the manufacturer
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE

  Scenario: Once the rule is lifted, the chaincode's counts again
    Given the rule of "recall" in "anyone" is lifted, signed by the regulator
    When the manufacturer writes "lot A1" under "recall" in "anyone", signed by the manufacturer
    Then the pharmacy reads "lot A1" under "recall" in "anyone"

  Scenario: Two members must sign
    Given the manufacturer writes "none" under "return" in "anyone"
    And only the pharmacy and the regulator may change "return" in "anyone"
    When the manufacturer tries to write "lot B2" under "return" in "anyone", signed by the regulator
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE
    When the manufacturer writes "lot B2" under "return" in "anyone", signed by the pharmacy and the regulator
    Then the manufacturer reads "lot B2" under "return" in "anyone"

  Scenario: A private value may have a rule too
    Given the manufacturer keeps "9.50" under "price" in the collection "pair"
    And only the pharmacy may change "price" in the collection "pair"
    When the manufacturer tries to keep "8.00" under "price" in the collection "pair", signed by the manufacturer
    Then it is in a block and invalid: ENDORSEMENT_POLICY_FAILURE
    And the manufacturer reads "9.50" under "price" in the collection "pair"
