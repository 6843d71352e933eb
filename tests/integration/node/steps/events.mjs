// Chaincode events, from a block on and from a checkpoint on.

import { join } from 'node:path';
import { checkpointers } from '@hyperledger/fabric-gateway';
import { take } from './connection.mjs';
import { tell, text } from './report.mjs';

const shown = ({ chaincodeName, eventName, payload }) => ({ chaincodeName, eventName, payload: text(payload) });

/** Submits `count` transactions, each with an event, and tells the block of each. */
async function write(contract, count) {
  const statuses = [];
  for (let number = 0; number < count; number++) {
    const commit = await contract.submitAsync('event', { arguments: [`Counted${number}`, `event ${number}`] });
    statuses.push(await commit.getStatus());
  }
  return statuses;
}

export async function chaincodeEvents({ network, directory }) {
  const contract = network.getContract('anyone');
  const listening = await network.getChaincodeEvents('anyone');
  const statuses = await write(contract, 4);
  tell('events: while they come', { events: (await take(listening, 4)).map(shown) });

  const startBlock = statuses[0].blockNumber;
  const replayed = await take(await network.getChaincodeEvents('anyone', { startBlock }), 4);
  tell('events: replayed from a block', {
    events: replayed.map(shown),
    blocksAndIdsAgree: replayed.every(
      (event, place) =>
        event.blockNumber === statuses[place].blockNumber &&
        event.transactionId === statuses[place].transactionId,
    ),
  });

  const file = join(directory, 'checkpoint.json');
  for (const [kind, make] of [
    ['memory', async () => checkpointers.inMemory()],
    ['file', () => checkpointers.file(file)],
  ]) {
    const checkpoint = await make();
    await checkpoint.checkpointChaincodeEvent(replayed[1]);
    const kept = kind === 'file' ? await make() : checkpoint;
    tell(`events: after a transaction, checkpoint in ${kind}`, {
      events: (await take(await network.getChaincodeEvents('anyone', { checkpoint: kept }), 2)).map(shown),
    });
    await kept.checkpointBlock(replayed[1].blockNumber);
    tell(`events: after a block, checkpoint in ${kind}`, {
      events: (await take(await network.getChaincodeEvents('anyone', { checkpoint: kept }), 1)).map(shown),
    });
    // A start block counts only as long as nothing was checkpointed.
    const [event] = await take(await network.getChaincodeEvents('anyone', { checkpoint: kept, startBlock }), 1);
    tell(`events: a checkpoint in ${kind} counts before a start block`, shown(event));
  }

  const lost = checkpointers.inMemory();
  await lost.checkpointTransaction(startBlock, '0'.repeat(64));
  const silent = await network.getChaincodeEvents('anyone', { checkpoint: lost });
  tell('events: after a transaction that nobody knows', { event: await one(silent, 1500) });
}

/** The next event, or null where none comes for a while. */
async function one(stream, milliseconds) {
  let timer;
  const patience = new Promise((resolve) => {
    timer = setTimeout(() => resolve([]), milliseconds);
  });
  const [event] = await Promise.race([take(stream, 1), patience]);
  clearTimeout(timer);
  stream.close();
  return event ? shown(event) : null;
}
