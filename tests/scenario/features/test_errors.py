"""What goes wrong is told."""

from __future__ import annotations

from pytest_bdd import parsers, scenarios, then, when

from gateway.fabric import EndorseError, GatewayCallError, Status, Transaction, chaincode_refusal
from gateway.fabric.blocks import parse_block
from tests.scenario.features.applications import Applications

scenarios("errors.feature")


@when('the manufacturer asks "anyone" for something that it does not know')
def ask_unknown(applications: Applications) -> None:
    applications.attempt(applications.contract("manufacturer", "anyone").evaluate("such a thing"))


@when('the manufacturer tries to have "anyone" do something that it does not know')
def do_unknown(applications: Applications) -> None:
    applications.attempt(applications.contract("manufacturer", "anyone").submit("such a thing"))


@when('the manufacturer tries to have "anyone" break down')
def break_down(applications: Applications) -> None:
    applications.attempt(applications.contract("manufacturer", "anyone").submit("fail", "unexpected"))


@when('the manufacturer reads from a chaincode "nobody"')
def read_nobody(applications: Applications) -> None:
    applications.attempt(applications.contract("manufacturer", "nobody").evaluate("get", "stock"))


@when('the manufacturer tries to have "everyone" write what differs from node to node')
def differ(applications: Applications) -> None:
    contract = applications.contract("manufacturer", "everyone")
    applications.attempt(contract.submit("differ", applications.key("weather")))


@when("the manufacturer sends an endorsed change with the signature of another")
def forged(applications: Applications) -> None:
    contract = applications.contract("manufacturer", "anyone")
    key = applications.key("stock")
    first, second = (
        applications.run(contract.proposal("put", key, value).endorse()) for value in ("one", "other")
    )
    applications.attempt(first.signed(second.signature).submit())


@when(parsers.parse('the manufacturer asks for the outcome of a change in the channel "{channel}"'))
def elsewhere(applications: Applications, channel: str) -> None:
    commit = applications.network("manufacturer", channel).commit("0" * 64)
    applications.attempt(commit.status())


@then(parsers.parse('the chaincode\'s refusal is {status:d}, "{words}"'))
def refusal(applications: Applications, status: int, words: str) -> None:
    assert isinstance(applications.failure, GatewayCallError)
    assert chaincode_refusal(applications.failure) == (status, words)


@then(parsers.parse('another node than the manufacturer\'s said "{words}"'))
def another_said(applications: Applications, words: str) -> None:
    assert isinstance(applications.failure, GatewayCallError)
    said = [detail.msp_id for detail in applications.failure.details if detail.message.startswith(words)]
    assert said
    assert "ManufacturerMSP" not in said


@then("it is known as a difference of results")
def difference(applications: Applications) -> None:
    assert isinstance(applications.failure, EndorseError)
    assert applications.failure.mismatch


async def sent(transaction: Transaction) -> Status:
    return await (await transaction.submit()).status()


@when(
    parsers.parse('two changes of "{name}" in "anyone" that read it are endorsed, then both are sent'),
    target_fixture="ends",
)
def two_changes(applications: Applications, name: str) -> list[str]:
    contract = applications.contract("manufacturer", "anyone")
    endorsed = [
        applications.run(contract.proposal("read_own_write", applications.key(name), value).endorse())
        for value in ("10 packs", "11 packs")
    ]
    return [applications.run(sent(transaction)).name for transaction in endorsed]


@then(parsers.parse("the first is {first} and the second {second}"))
def ended(ends: list[str], first: str, second: str) -> None:
    assert ends == [first, second]


@when(parsers.parse('a change that read the list of "{name}" is endorsed, a case is added, and it is sent'))
def phantom(applications: Applications, name: str) -> None:
    contract = applications.contract("manufacturer", "anyone")
    start, end = applications.key(name), applications.key(f"{name}~")
    listed = contract.proposal("range_and_write", start, end, applications.key("count"))

    async def changing() -> None:
        transaction = await listed.endorse()
        await contract.submit("put", f"{start}-new", "case 8")
        await applications.sending(transaction)

    applications.attempt(changing())


@when("the manufacturer sends the same change twice", target_fixture="twice")
def send_twice(applications: Applications) -> list[Status]:
    contract = applications.contract("manufacturer", "anyone")
    key = applications.key("stock")
    transaction = applications.run(contract.proposal("put", key, "12 packs").endorse())
    first, again = (applications.run(sent(transaction)) for _ in range(2))
    # Something behind it, so that the second arrival is in a block too.
    applications.change(contract.proposal("put", key, "13 packs"))
    return [first, again]


@then(parsers.parse("it counts once, and the second is {code} in a block"))
def counts_once(applications: Applications, twice: list[Status], code: str) -> None:
    first, again = twice
    assert first == again
    assert first.successful
    network = applications.network("manufacturer")
    last = applications.changes[-1].status.block_number
    blocks = [
        parse_block(applications.run(network.block(number))) for number in range(first.block_number, last + 1)
    ]
    codes = [
        one.validation_code
        for block in blocks
        for one in block.transactions
        if one.tx_id == first.transaction_id
    ]
    assert codes == [0, 9]
