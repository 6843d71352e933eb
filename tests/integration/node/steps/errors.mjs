// Each kind of failure, with its code and the words of the nodes behind the gateway.

import { gateway as protos, msp } from '@hyperledger/fabric-protos';
import { failure, overdue, tell } from './report.mjs';
import { within } from './connection.mjs';

const PATIENCE = 500;

export async function errors({ gateway, network, channel, run }) {
  const anyone = network.getContract('anyone');
  const everyone = network.getContract('everyone');
  const nobody = network.getContract('nobody');
  const elsewhere = gateway.getNetwork('elsewhere').getContract('anyone');
  const key = `${run}-errors`;
  const put = { arguments: [key, 'value'] };

  tell('error: evaluate, refused by chaincode', await failure(() => anyone.evaluateTransaction('no such function')));
  tell('error: evaluate, unknown chaincode', await failure(() => nobody.evaluateTransaction('get', key)));
  tell('error: evaluate, unknown channel', await failure(() => elsewhere.evaluateTransaction('get', key)));
  tell(
    'error: evaluate, unknown organisation',
    await failure(() => anyone.evaluate('get', { arguments: [key], endorsingOrganizations: ['NobodyMSP'] })),
  );
  const slow = () => anyone.newProposal('wait', { arguments: ['2'] });
  tell('error: evaluate, deadline', await overdue(() => slow().evaluate(within(PATIENCE)), PATIENCE));

  tell('error: endorse, refused by chaincode', await failure(() => anyone.submitTransaction('no such function')));
  tell('error: endorse, refused by all', await failure(() => everyone.submitTransaction('no such function')));
  tell('error: endorse, failed chaincode', await failure(() => anyone.submitTransaction('fail', 'broken')));
  tell('error: endorse, unknown chaincode', await failure(() => nobody.submitTransaction('put', key, 'value')));
  tell('error: endorse, unknown channel', await failure(() => elsewhere.submitTransaction('put', key, 'value')));
  tell(
    'error: endorse, unknown organisation',
    await failure(() => anyone.submit('put', { ...put, endorsingOrganizations: ['NobodyMSP'] })),
  );
  tell('error: endorse, results that differ', await failure(() => everyone.submitTransaction('differ', key)));
  tell('error: endorse, deadline', await overdue(() => slow().endorse(within(PATIENCE)), PATIENCE));

  // One member alone signs what the chaincode's policy wants three to sign.
  tell(
    'error: commit, policy not met',
    await failure(() => everyone.submit('put', { ...put, endorsingOrganizations: ['ManufacturerMSP'] })),
  );

  // Endorsed and never submitted: it has no status until the deadline, nor ever.
  const never = await anyone.newProposal('put', put).endorse();
  const commit = commitOf(gateway, channel, never.getTransactionId());
  tell('error: commit status, deadline', await overdue(() => commit.getStatus(within(PATIENCE)), PATIENCE));
  const unknown = commitOf(gateway, 'elsewhere', never.getTransactionId());
  tell('error: commit status, unknown channel', await failure(() => unknown.getStatus()));
  const unnamed = commitOf(gateway, channel, '');
  tell('error: commit status, no transaction', await failure(() => unnamed.getStatus()));
}

/** Where to ask how a transaction ended that this client need not have submitted. */
function commitOf(gateway, channel, transactionId) {
  const { mspId, credentials } = gateway.getIdentity();
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(credentials);
  const request = new protos.CommitStatusRequest();
  request.setChannelId(channel);
  request.setTransactionId(transactionId);
  request.setIdentity(identity.serializeBinary());
  const signed = new protos.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return gateway.newCommit(signed.serializeBinary());
}
