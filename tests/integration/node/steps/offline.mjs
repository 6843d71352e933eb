// Every request signed away from the connection: by its bytes and by its digest.

import { json, failure, tell, text } from './report.mjs';
import { sha256, take } from './connection.mjs';
import { status } from './transactions.mjs';

export async function offline({ connections, member, channel, run }) {
  const unsigned = connections.gateway(member, { signer: undefined });
  const sign = connections.signer(member);
  const network = unsigned.getNetwork(channel);
  const contract = network.getContract('anyone');
  const key = `${run}-offline`;
  const signed = async (request, remake) => remake(request.getBytes(), await sign(request.getDigest()));

  const asked = contract.newProposal('get', { arguments: [key] });
  const evaluated = await (await signed(asked, unsigned.newSignedProposal.bind(unsigned))).evaluate();
  tell('offline: evaluate', { result: json(evaluated) });

  const unsignedProposal = contract.newProposal('event', { arguments: ['Offline', 'signed elsewhere'] });
  const proposal = await signed(unsignedProposal, unsigned.newSignedProposal.bind(unsigned));
  const unsignedTransaction = await proposal.endorse();
  const transaction = await signed(unsignedTransaction, unsigned.newSignedTransaction.bind(unsigned));
  const unsignedCommit = await transaction.submit();
  const commit = await signed(unsignedCommit, unsigned.newSignedCommit.bind(unsigned));
  const committed = await commit.getStatus();
  tell('offline: proposal, transaction and commit', {
    sameId: proposal.getTransactionId() === commit.getTransactionId(),
    result: text(transaction.getResult()),
    digestLengths: [unsignedProposal, unsignedTransaction, unsignedCommit].map((one) => one.getDigest().length),
    digestsAreRepeatable: [unsignedProposal, unsignedTransaction, unsignedCommit].every((one) =>
      Buffer.from(one.getDigest()).equals(Buffer.from(one.getDigest())),
    ),
    bytesRemain: Buffer.from(proposal.getBytes()).equals(
      Buffer.from(unsigned.newProposal(proposal.getBytes()).getBytes()),
    ),
    ...status(committed),
  });

  const events = await signed(
    network.newChaincodeEventsRequest('anyone', { startBlock: committed.blockNumber }),
    unsigned.newSignedChaincodeEventsRequest.bind(unsigned),
  );
  const [event] = await take(await events.getEvents(), 1);
  tell('offline: chaincode events', { chaincode: event.chaincodeName, event: event.eventName });
  const blocks = await signed(
    network.newBlockEventsRequest({ startBlock: 0n }),
    unsigned.newSignedBlockEventsRequest.bind(unsigned),
  );
  const [block] = await take(await blocks.getEvents(), 1);
  tell('offline: block events', { number: block.getHeader().getNumber() });

  await forgeries({ unsigned, sign, contract, network, key });
}

/** Each request with the signature of another message. */
async function forgeries({ unsigned, sign, contract, network, key }) {
  const forged = await sign(sha256(Buffer.from('another message')));
  const proposal = contract.newProposal('put', { arguments: [key, 'forged'] });
  const forgedProposal = unsigned.newSignedProposal(proposal.getBytes(), forged);
  tell('forged: evaluate', await failure(() => forgedProposal.evaluate()));
  tell('forged: endorse', await failure(() => forgedProposal.endorse()));

  const signedProposal = unsigned.newSignedProposal(proposal.getBytes(), await sign(proposal.getDigest()));
  const transaction = await signedProposal.endorse();
  tell('not signed: submit', await failure(() => transaction.submit()));
  const forgedTransaction = unsigned.newSignedTransaction(transaction.getBytes(), forged);
  tell('forged: submit', await failure(() => forgedTransaction.submit()));

  const signedTransaction = unsigned.newSignedTransaction(
    transaction.getBytes(),
    await sign(transaction.getDigest()),
  );
  const commit = await signedTransaction.submit();
  const forgedCommit = unsigned.newSignedCommit(commit.getBytes(), forged);
  tell('forged: commit status', await failure(() => forgedCommit.getStatus()));

  const events = network.newChaincodeEventsRequest('anyone', { startBlock: 0n });
  const forgedEvents = unsigned.newSignedChaincodeEventsRequest(events.getBytes(), forged);
  tell('forged: chaincode events', await failure(async () => take(await forgedEvents.getEvents(), 1)));
  const blocks = network.newBlockEventsRequest({ startBlock: 0n });
  const forgedBlocks = unsigned.newSignedBlockEventsRequest(blocks.getBytes(), forged);
  tell('forged: block events', await failure(async () => take(await forgedBlocks.getEvents(), 1)));
}
