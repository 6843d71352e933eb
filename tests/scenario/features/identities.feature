Feature: Who may take part
  A member's authority vouches for each user by a certificate. Keys of three sorts are taken.

  Scenario Outline: Each sort of key signs
    Given a user of the manufacturer with a <sort> key
    When the user writes "12 packs" under "stock" in "anyone"
    Then the pharmacy reads "12 packs" under "stock" in "anyone"
    And the user can follow announcements and blocks

    Examples:
      | sort    |
      | P-256   |
      | P-384   |
      | Ed25519 |

  Scenario: The chaincode learns who calls
    When the manufacturer asks who it is
    Then the chaincode says it is of "ManufacturerMSP" with the role "manufacturer"

  Scenario Outline: A certificate that the member's authority does not stand for is refused
    Given a user of the manufacturer with <certificate>
    When the user tries to write "12 packs" under "stock" in "anyone"
    Then it fails as EndorseError with the code ABORTED and the words "access denied"
    When the user tries to listen to "anyone"
    Then it fails as EventsRefused with the code PERMISSION_DENIED

    Examples:
      | certificate                           |
      | a certificate of an unknown authority |
      | a certificate of the pharmacy         |
      | another user's certificate            |

  Scenario: A certificate that has expired is refused
    Given a user of the manufacturer with a certificate that has expired
    When the user tries to write "12 packs" under "stock" in "anyone"
    Then it fails as EndorseError with the code ABORTED and the words "proposal client identity expired"
    When the user tries to follow blocks
    Then it fails as EventsRefused with the code PERMISSION_DENIED

  Scenario: A key of another sort is refused before it is used
    When a user has a P-521 key
    Then the key is refused as none of P-256, P-384 and Ed25519
