Feature: The line to the ledger
  What goes to a member's peer and comes back is encrypted, and the peer shows who it is.

  Scenario: A peer is known by its authority's certificate
    When the manufacturer connects with the certificate of its own authority
    Then the ledger answers

  Scenario: A peer with a certificate of another authority is not talked to
    When the manufacturer connects with the certificate of the pharmacy's authority
    Then it fails as EvaluateError with the code UNAVAILABLE

  Scenario: A peer of another name is not talked to
    When the manufacturer connects expecting a peer of the name "peer0.elsewhere.example"
    Then it fails as EvaluateError with the code UNAVAILABLE

  Scenario: A peer is not talked to without encryption
    When the manufacturer connects without encryption
    Then it fails as EvaluateError with the code UNAVAILABLE
