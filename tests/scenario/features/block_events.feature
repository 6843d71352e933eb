Feature: Blocks
  The ledger is a chain of blocks. An application can follow it block by block: whole, in brief, or with the private
  data that its member holds.

  Scenario: The chain is read from its first block on
    Given the manufacturer writes "12 packs" under "stock" in "anyone"
    When the regulator reads the chain from block 0 up to the newest
    Then the blocks are numbered without a gap
    And each block names the one before it
    And the first block is a configuration

  Scenario: A block comes as it is written
    Given the regulator waits for the next block
    When the manufacturer writes "12 packs" under "stock" in "anyone"
    Then the regulator has the block with that change

  Scenario: A block in brief tells what happened and no content
    When the manufacturer announces "Shipped" with "case 7" in "anyone"
    Then the block in brief has that change as VALID announcing "Shipped"
    And neither "case 7" nor any other content is in the block in brief

  Scenario: A block in brief tells what did not count
    When the manufacturer tries to write "12 packs" under "stock" in "everyone", signed by the manufacturer
    Then the block in brief has that change as ENDORSEMENT_POLICY_FAILURE

  Scenario Outline: A block with private data has what the member may see
    When the manufacturer keeps "9.50" under "price" in the collection "pair"
    Then the block with private data has <values> for the <member>

    Examples:
      | member       | values   |
      | manufacturer | "9.50"   |
      | pharmacy     | "9.50"   |
      | regulator    | no value |

  Scenario: A block is found by its number and by a change in it
    When the manufacturer writes "12 packs" under "stock" in "anyone"
    Then the regulator finds its block by the change and by its number

  Scenario: A block that is not there
    When the regulator asks for block 1000000
    Then it fails as EvaluateError with the code UNKNOWN and the words "1000000"
