// Requests handed over between this client and another: node exchange.mjs CONFIGURATION REQUESTS
//
// REQUESTS is a JSON file of the other client's unsigned requests by kind, in base64. Tells for each the digest that
// this client sees and the request with this client's signature; and unsigned requests of this client's own.

import { readFileSync } from 'node:fs';
import { Connections } from './connection.mjs';

const [config, requests] = process.argv.slice(2, 4).map((path) => JSON.parse(readFileSync(path, 'utf8')));
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const connections = new Connections(config);
try {
  const unsigned = connections.gateway('manufacturer', { signer: undefined });
  const sign = connections.signer('manufacturer');
  const given = {};
  for (const [kind, encoded] of Object.entries(requests)) {
    const bytes = Buffer.from(encoded, 'base64');
    const digest = unsigned[`new${kind}`](bytes).getDigest();
    const signed = unsigned[`newSigned${kind}`](bytes, await sign(digest));
    given[kind] = { digest: base64(digest), signed: base64(signed.getBytes()) };
  }
  const network = unsigned.getNetwork(config.channel);
  const start = { startBlock: 0n };
  const own = {
    Proposal: network.getContract('everyone').newProposal('get', { arguments: ['nothing'] }),
    ChaincodeEventsRequest: network.newChaincodeEventsRequest('everyone', start),
    BlockEventsRequest: network.newBlockEventsRequest(start),
    FilteredBlockEventsRequest: network.newFilteredBlockEventsRequest(start),
    BlockAndPrivateDataEventsRequest: network.newBlockAndPrivateDataEventsRequest(start),
  };
  const bytes = Object.entries(own).map(([kind, request]) => [kind, base64(request.getBytes())]);
  console.log(JSON.stringify({ given, own: Object.fromEntries(bytes) }));
} finally {
  connections.close();
}
