"""What the gateway does with a proposal: the right peers run it, and their answers are made one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_response_pb2

from network import policy
from network.devnet.assembly import envelope
from network.devnet.candidates import NO_COMBINATION, Candidates, no_metadata
from network.devnet.chain import Chain
from network.devnet.endorser import Answer, Endorser
from network.devnet.errors import Denied, Detail
from network.devnet.proposal import Proposal, ProposalRefused
from network.devnet.rwset import first_difference
from network.devnet.simulation import NOBODY, Needs
from network.devnet.snapshot import Snapshot
from network.policy import Policy, Signer

NOT_ENDORSED = "failed to endorse transaction, see attached details for more info"
TOO_FEW = "failed to collect enough transaction endorsements, see attached details for more info"
NOT_EVALUATED = "failed to evaluate transaction, see attached details for more info"


class Endorsements:
    """The endorsers of all members, as the gateway of each reaches them."""

    def __init__(self, chain: Chain, endorsers: Sequence[Endorser]) -> None:
        self._chain = chain
        self._endorsers = {endorser.peer.msp_id: endorser for endorser in endorsers}
        self._candidates = Candidates(chain, self._endorsers)
        identify = chain.membership.identify
        self._signers = {
            endorser.peer.msp_id: identify(endorser.peer.node.serialized).principals for endorser in endorsers
        }

    @property
    def endorsers(self) -> list[Endorser]:
        """Those of every member of the channel."""
        return list(self._endorsers.values())

    def smallest(
        self, policies: frozenset[Policy], members: frozenset[str] | None
    ) -> tuple[tuple[str, ...], ...]:
        """Every set of members (of ``members``, where they are named) that suffices and has none too many."""
        return policy.smallest(policies, self._available(members, set()))

    async def evaluate(
        self, own: Endorser, proposal: Proposal, targets: Sequence[str]
    ) -> proposal_response_pb2.Response:
        """Run it at one peer, the next where chaincode cannot run there; Denied.

        The member's own peer is asked first and, for transient data, alone, unless ``targets`` (MSP ids)
        say who is.
        """
        wanted = self._candidates.evaluators(own, proposal, targets)
        try:
            wanted[0].check(proposal)
        except ProposalRefused as error:
            if wanted[0] is own and not error.filtered:
                raise Denied(
                    grpc.StatusCode.FAILED_PRECONDITION,
                    f"evaluate call to endorser returned error: {error}",
                    _detail(own, str(error)),
                ) from error
            # To the gateway these peers are not there, and it goes on to the next.
            details = [_refused(endorser, own, error) for endorser in wanted]
            raise Denied(grpc.StatusCode.UNAVAILABLE, NOT_EVALUATED, *details) from error
        failures: list[Detail] = []
        with self._chain.store.snapshot() as snapshot:
            for endorser in wanted:
                answer = await endorser.process(proposal, snapshot)
                if answer.outcome is None:
                    failures.append(_detail(endorser, answer.message))
                    continue
                if not 200 <= answer.status < 400:
                    raise Denied(
                        grpc.StatusCode.UNKNOWN,
                        f"evaluate call to endorser returned error: {answer.message}",
                        *failures,
                        _detail(endorser, answer.message),
                    )
                return answer.outcome.response
        raise Denied(grpc.StatusCode.ABORTED, NOT_EVALUATED, *failures)

    async def endorse(
        self, own: Endorser, proposal: Proposal, organizations: Sequence[str]
    ) -> common_pb2.Envelope:
        """Collect the endorsements that the run asks for; an envelope for the client to sign. Denied.

        ``organizations`` names the MSPs whose peers must endorse, where the client chose them.
        All endorsers run over the same snapshot: where they differ, chaincode is not deterministic.
        """
        named = self._candidates.endorsers(proposal, organizations)
        # Who is named twice is tried twice where it refuses.
        tried = named or [own]
        try:
            own.check(proposal)
        except ProposalRefused as error:
            details = [_refused(endorser, own, error) for endorser in tried]
            raise Denied(grpc.StatusCode.ABORTED, TOO_FEW if named else NOT_ENDORSED, *details) from error
        with self._chain.store.snapshot() as snapshot:
            if named:
                answers = await self._run_all(tried, proposal, snapshot, TOO_FEW)
                first = next(iter(answers.values()))
                differing = [_difference(first, answer, endorser) for endorser, answer in answers.items()]
                if any(differing):
                    raise Denied(grpc.StatusCode.ABORTED, TOO_FEW, *filter(None, differing))
            else:
                first = (await self._run_all([own], proposal, snapshot, NOT_ENDORSED))[own]
                answers = await self._complete(own, first, proposal, snapshot)
        if first.private:
            self._chain.transient.keep(proposal.transaction_id, first.private)
        endorsements = [answer.endorsement for answer in answers.values() if answer.endorsement]
        return envelope(proposal, first.payload, endorsements)

    async def _complete(
        self, own: Endorser, first: Answer, proposal: Proposal, snapshot: Snapshot
    ) -> dict[Endorser, Answer]:
        """The answers of a set of endorsers that suffices; another set where one of them fails or differs."""
        answers = {own: first}
        details: list[Detail] = []
        failed: set[str] = set()
        while True:
            chosen = self._choose(own, first, proposal, failed)
            if chosen is None:
                raise Denied(grpc.StatusCode.ABORTED, TOO_FEW, *details)
            missing = [endorser for endorser in chosen if endorser not in answers]
            if not missing:
                return {endorser: answers[endorser] for endorser in chosen}
            for endorser, answer in (await _gather(missing, proposal, snapshot, first)).items():
                if answer.endorsement is None:
                    detail: Detail | None = _detail(endorser, answer.message)
                else:
                    detail = _difference(first, answer, endorser)
                if detail:
                    failed.add(endorser.peer.msp_id)
                    details.append(detail)
                else:
                    answers[endorser] = answer

    def _choose(
        self, own: Endorser, first: Answer, proposal: Proposal, failed: set[str]
    ) -> list[Endorser] | None:
        """Endorsers that satisfy every policy; None where failures leave too few of them."""
        if first.needs is None:
            raise no_metadata(proposal)
        members = first.needs.protected() if proposal.has_transient else first.needs.members
        found = self._of(first.needs, members, own, failed)
        if found is not None or failed:
            return found
        if members != first.needs.members and self._of(first.needs, first.needs.members, own, failed):
            names = " ".join(collection.name for collection in first.needs.unread)
            raise Denied(
                grpc.StatusCode.FAILED_PRECONDITION,
                "requires endorsement from organisation(s) that are not in the distribution policy of the "
                f"private data collection(s): [{names}]; retry specifying trusted endorsing organizations to "
                "protect transient data",
            )
        why = "no peer combination can satisfy the endorsement policy"
        if NOBODY in first.needs.policies:
            why = "state based endorsement policy cannot be satisfied"
        raise Denied(grpc.StatusCode.FAILED_PRECONDITION, f"{NO_COMBINATION}: {why}")

    def _of(
        self, needs: Needs, members: frozenset[str] | None, own: Endorser, failed: set[str]
    ) -> list[Endorser] | None:
        chosen = policy.endorsers(needs.policies, self._available(members, failed), own.peer.msp_id)
        return None if chosen is None else [self._endorsers[msp] for msp in chosen]

    def _available(self, members: frozenset[str] | None, failed: set[str]) -> tuple[tuple[str, Signer], ...]:
        return tuple(
            (msp, self._signers[msp])
            for msp in self._endorsers
            if msp not in failed and (members is None or msp in members)
        )

    async def _run_all(
        self, endorsers: Sequence[Endorser], proposal: Proposal, snapshot: Snapshot, failure: str
    ) -> dict[Endorser, Answer]:
        """The answers of these endorsers; Denied with every failure where one does not endorse."""
        answers = await _gather(list(dict.fromkeys(endorsers)), proposal, snapshot)
        failed = [endorser for endorser in endorsers if answers[endorser].endorsement is None]
        details = [_detail(endorser, answers[endorser].message) for endorser in failed]
        if details:
            raise Denied(grpc.StatusCode.ABORTED, failure, *details)
        return answers


async def _gather(
    endorsers: Sequence[Endorser], proposal: Proposal, snapshot: Snapshot, first: Answer | None = None
) -> dict[Endorser, Answer]:
    if len(endorsers) == 1:
        return {endorsers[0]: await endorsers[0].process(proposal, snapshot, first)}
    async with asyncio.TaskGroup() as group:
        tasks = {
            endorser: group.create_task(endorser.process(proposal, snapshot, first)) for endorser in endorsers
        }
    return {endorser: task.result() for endorser, task in tasks.items()}


def _difference(first: Answer, other: Answer, endorser: Endorser) -> Detail | None:
    """What is told of an endorser that did not sign the same as the first; None where it did."""
    if other.payload == first.payload:
        return None
    difference = first_difference(first.results, other.results)
    if other.results == first.results:
        difference = "the response or the event"
    return _detail(
        endorser, f"ProposalResponsePayloads do not match: the first difference is in {difference}"
    )


def _detail(endorser: Endorser, message: str) -> Detail:
    return Detail(endorser.peer.address, endorser.peer.msp_id, message)


def _refused(endorser: Endorser, own: Endorser, error: ProposalRefused) -> Detail:
    """A peer's refusal as the gateway hears it: from its own, or by gRPC from another."""
    return _detail(endorser, str(error) if endorser is own else f"rpc error: code = Unknown desc = {error}")
