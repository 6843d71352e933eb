Feature: What goes wrong is told
  An application learns at which step a request failed, why, and which member's node said so.

  Scenario: The chaincode refuses a question
    When the manufacturer asks "anyone" for something that it does not know
    Then it fails as EvaluateError with the code UNKNOWN
    And the chaincode's refusal is 404, "no function such a thing"
    And the manufacturer's node said "chaincode response 404, no function such a thing"

  Scenario: The chaincode refuses a change
    When the manufacturer tries to have "anyone" do something that it does not know
    Then it fails as EndorseError with the code ABORTED
    And the chaincode's refusal is 404, "no function such a thing"
    And the manufacturer's node said "chaincode response 404, no function such a thing"

  Scenario: The chaincode breaks down
    When the manufacturer tries to have "anyone" break down
    Then it fails as EndorseError with the code ABORTED
    And the chaincode's refusal is 500, "internal error of the chaincode"

  Scenario: Nobody knows the chaincode, asked
    When the manufacturer reads from a chaincode "nobody"
    Then it fails as EvaluateError with the code FAILED_PRECONDITION and the words "no peers available to evaluate chaincode nobody in channel medicines"

  Scenario: Nobody knows the chaincode, changed
    When the manufacturer tries to write "12 packs" under "stock" in "nobody"
    Then it fails as EndorseError with the code FAILED_PRECONDITION and the words "No metadata was found for chaincode nobody in channel medicines"

  Scenario: The members' nodes come to different results
    When the manufacturer tries to have "everyone" write what differs from node to node
    Then it fails as EndorseError with the code ABORTED and the words "failed to collect enough transaction endorsements"
    And another node than the manufacturer's said "ProposalResponsePayloads do not match"
    And it is known as a difference of results

  Scenario: The ordering service refuses a change
    When the manufacturer sends an endorsed change with the signature of another
    Then it fails as SubmitError with the code ABORTED and the words "status=FORBIDDEN"

  Scenario: A read is out of date
    Given the manufacturer writes "12 packs" under "stock" in "anyone"
    When two changes of "stock" in "anyone" that read it are endorsed, then both are sent
    Then the first is VALID and the second MVCC_READ_CONFLICT

  Scenario: A list that was read has changed
    When a change that read the list of "cases" is endorsed, a case is added, and it is sent
    Then it is in a block and invalid: PHANTOM_READ_CONFLICT

  Scenario: The outcome of a change is asked for in a channel that is not there
    When the manufacturer asks for the outcome of a change in the channel "elsewhere"
    Then it fails as CommitStatusError with the code PERMISSION_DENIED

  Scenario: The same change is sent twice
    When the manufacturer sends the same change twice
    Then it counts once, and the second is DUPLICATE_TXID in a block
