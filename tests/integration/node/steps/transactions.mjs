// Evaluate, submit, submit without waiting, each step by itself, and private data.

import { StatusNames } from './status.mjs';
import { json, tell, text } from './report.mjs';

const HEX_ID = /^[0-9a-f]{64}$/;

export const status = ({ code, successful, blockNumber }) => ({
  code: StatusNames[code],
  successful,
  inBlock: blockNumber > 0n,
});

export async function transactions({ network, run }) {
  const contract = network.getContract('anyone');
  const key = `${run}-note`;

  tell('evaluate: a key that nobody wrote', { result: json(await contract.evaluateTransaction('get', key)) });
  const who = json(await contract.evaluateTransaction('who'));
  tell('evaluate: who calls', { mspId: who.msp, channel: who.channel, attributes: who.attributes });
  const remembered = json(
    await contract.evaluate('who', { transientData: { price: Buffer.from('9') } }),
  ).transient;
  tell('evaluate: with transient data', { remembered });

  tell('submit', { result: json(await contract.submitTransaction('put', key, 'written once')) });
  tell('evaluate: what was written', { result: json(await contract.evaluateTransaction('get', key)) });

  const submitted = await contract.submitAsync('read_own_write', { arguments: [key, 'written later'] });
  tell('submit without waiting: the result', { result: json(submitted.getResult()) });
  tell('submit without waiting: the status', status(await submitted.getStatus()));

  const proposal = contract.newProposal('put', { arguments: [key, 'step by step'] });
  const transaction = await proposal.endorse();
  const commit = await transaction.submit();
  tell('step by step', {
    idsAreOne:
      HEX_ID.test(proposal.getTransactionId()) &&
      proposal.getTransactionId() === transaction.getTransactionId() &&
      proposal.getTransactionId() === commit.getTransactionId(),
    result: text(transaction.getResult()),
    ...status(await commit.getStatus()),
  });

  const [first, second] = [await endorsed(contract, key), await endorsed(contract, key)];
  tell('a read that is out of date', {
    first: status(await (await first.submit()).getStatus()),
    second: status(await (await second.submit()).getStatus()),
  });
  // The same envelope again: the orderer takes it, the peers count it once.
  const again = await (await first.submit()).getStatus();
  tell('the same transaction again', status(again));
}

const endorsed = (contract, key) =>
  contract.newProposal('read_own_write', { arguments: [key, 'one of two'] }).endorse();

export async function privateData({ network, pharmacy, run }) {
  for (const [collection, options] of [
    ['_implicit_org_ManufacturerMSP', { endorsingOrganizations: ['ManufacturerMSP'] }],
    ['pair', {}],
  ]) {
    const key = `${run}-price`;
    const contract = network.getContract('anyone');
    await contract.submit('put_private', {
      arguments: [collection, key],
      transientData: { value: Buffer.from('12.50') },
      ...options,
    });
    const own = json(await contract.evaluate('get_private', { arguments: [collection, key], ...options }));
    const digest = await pharmacy
      .getContract('anyone')
      .evaluate('private_hash', { arguments: [collection, key], endorsingOrganizations: ['PharmacyMSP'] });
    tell(`private data in ${collection}`, { value: own.value, many: own.many, sameHash: json(digest) === own.hash });
  }
}
