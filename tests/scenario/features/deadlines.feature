Feature: Nobody waits for ever
  Each step has a time limit, the application's own or one for the whole connection.

  Scenario: A slow answer to a question
    When the manufacturer asks for what takes 5 seconds, for at most half a second
    Then it fails as EvaluateError with the code DEADLINE_EXCEEDED
    And less than 2 seconds have passed

  Scenario: Slow endorsement
    When the manufacturer does what takes 5 seconds, for at most half a second
    Then it fails as EndorseError with the code DEADLINE_EXCEEDED
    And less than 2 seconds have passed

  Scenario: An outcome that never comes
    When the manufacturer waits half a second for the outcome of a change that was never sent
    Then it fails as CommitStatusError with the code DEADLINE_EXCEEDED
    And less than 2 seconds have passed

  Scenario: A limit for the whole connection
    Given the manufacturer's connection has a limit of half a second for each step
    When the manufacturer asks for what takes 5 seconds
    Then it fails as EvaluateError with the code DEADLINE_EXCEEDED
    And less than 2 seconds have passed
