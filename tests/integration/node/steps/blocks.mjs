// Blocks: whole, filtered, and with the private data that the peer may tell.

import { common, ledger } from '@hyperledger/fabric-protos';
import { checkpointers } from '@hyperledger/fabric-gateway';
import { take } from './connection.mjs';
import { StatusNames } from './status.mjs';
import { tell, text } from './report.mjs';

const name = (names, code) => Object.keys(names).find((one) => names[one] === code);

function channelHeader(envelope) {
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(envelope).getPayload_asU8());
  return common.ChannelHeader.deserializeBinary(payload.getHeader().getChannelHeader_asU8());
}

function whole(block) {
  const codes = block.getMetadata().getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
  return {
    types: block.getData().getDataList_asU8().map((one) => name(common.HeaderType, channelHeader(one).getType())),
    codes: [...codes].map((code) => StatusNames[code]),
    metadata: block.getMetadata().getMetadataList_asU8().length,
    hashes: [block.getHeader().getDataHash_asU8().length, block.getHeader().getPreviousHash_asU8().length],
  };
}

function filtered(block) {
  return {
    channel: block.getChannelId(),
    transactions: block.getFilteredTransactionsList().map((one) => ({
      type: name(common.HeaderType, one.getType()),
      code: StatusNames[one.getTxValidationCode()],
      named: one.getTxid().length,
      events: (one.getTransactionActions()?.getChaincodeActionsList() ?? []).map((action) => ({
        event: action.getChaincodeEvent()?.getEventName(),
        payload: text(action.getChaincodeEvent()?.getPayload_asU8() ?? []),
      })),
    })),
  };
}

/** Which collections of which chaincodes a block brought, and how many values: [place, namespace, collection, values]. */
function brought(answer) {
  const found = [];
  answer.getPrivateDataMapMap().forEach((sets, place) => {
    for (const namespace of sets.getNsPvtRwsetList()) {
      for (const collection of namespace.getCollectionPvtRwsetList()) {
        const values = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(collection.getRwset_asU8()).getWritesList();
        found.push([
          place,
          namespace.getNamespace(),
          collection.getCollectionName(),
          values.map((one) => text(one.getValue_asU8())),
        ]);
      }
    }
  });
  return found;
}

async function submitted(contract, transaction, options) {
  const commit = await contract.submitAsync(transaction, options);
  return (await commit.getStatus()).blockNumber;
}

export async function blockEvents({ network, pharmacy, regulator, run }) {
  const contract = network.getContract('anyone');
  const [genesis] = await take(await network.getBlockEvents({ startBlock: 0n }), 1);
  tell('blocks: the first', { number: genesis.getHeader().getNumber(), ...whole(genesis) });

  const live = await network.getBlockEvents();
  const startBlock = await submitted(contract, 'event', { arguments: ['Blocked', 'a payload'] });
  const [next] = await take(live, 1);
  tell('blocks: the next', { itself: BigInt(next.getHeader().getNumber()) === startBlock, ...whole(next) });
  const [replayed] = await take(await network.getBlockEvents({ startBlock }), 1);
  tell('blocks: replayed', {
    same: Buffer.from(replayed.serializeBinary()).equals(Buffer.from(next.serializeBinary())),
  });
  const checkpoint = checkpointers.inMemory();
  await checkpoint.checkpointBlock(startBlock - 1n);
  const [continued] = await take(await network.getBlockEvents({ checkpoint }), 1);
  tell('blocks: after a checkpoint', { itself: BigInt(continued.getHeader().getNumber()) === startBlock });

  const [small] = await take(await network.getFilteredBlockEvents({ startBlock }), 1);
  tell('filtered blocks', filtered(small));
  const [smallest] = await take(await network.getFilteredBlockEvents({ startBlock: 0n }), 1);
  tell('filtered blocks: the first', filtered(smallest));

  const secret = await submitted(contract, 'put_private', {
    arguments: ['pair', `${run}-blocks`],
    transientData: { value: Buffer.from('for two members') },
  });
  for (const [member, one] of [['manufacturer', network], ['pharmacy', pharmacy], ['regulator', regulator]]) {
    const stream = await one.getBlockAndPrivateDataEvents({ startBlock: secret });
    const [answer] = await take(stream, 1);
    tell(`blocks with private data: at the ${member}`, {
      itself: BigInt(answer.getBlock().getHeader().getNumber()) === secret,
      brought: brought(answer),
    });
  }
}

