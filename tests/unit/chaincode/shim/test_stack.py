"""Stacks for the log."""

import json

from chaincode.shim import PeerError
from chaincode.shim.stack import stack_of


def test_types_and_frames_without_what_a_message_quotes() -> None:
    try:
        try:
            int("12 tablets")
        except ValueError as error:
            raise KeyError("patient") from error
    except KeyError as error:
        text = stack_of(error)
    assert "builtins.KeyError" in text
    assert "builtins.ValueError" in text
    assert "test_stack.py" in text
    assert "tablets" not in text
    assert "patient" not in text


def test_the_shims_own_errors_keep_their_words() -> None:
    assert "not a member" in stack_of(PeerError("not a member"))


def test_a_hidden_context_stays_hidden_and_a_chain_is_cut() -> None:
    try:
        try:
            json.loads("{")
        except ValueError:
            raise TypeError from None
    except TypeError as error:
        assert "JSONDecodeError" not in stack_of(error)
    chain: Exception = ValueError()
    for _ in range(50):
        following = ValueError()
        following.__cause__ = chain
        chain = following
    assert stack_of(chain).count("ValueError") == 5
