// What an application does with the official client, step by step: node script.mjs CONFIGURATION
//
// The configuration is a JSON file: `channel`; `run`, a prefix for keys; `directory`, where a checkpoint may be
// kept; and `members`, each with `mspId`, `address`, `serverName`, and the PEM files `tlsRoot`, `certificate`, `key`.

import { readFileSync } from 'node:fs';
import { blockEvents } from './steps/blocks.mjs';
import { Connections } from './steps/connection.mjs';
import { errors } from './steps/errors.mjs';
import { chaincodeEvents } from './steps/events.mjs';
import { offline } from './steps/offline.mjs';
import { privateData, transactions } from './steps/transactions.mjs';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const connections = new Connections(config);
try {
  const member = 'manufacturer';
  const gateway = connections.gateway(member);
  const network = gateway.getNetwork(config.channel);
  const [pharmacy, regulator] = ['pharmacy', 'regulator'].map((one) =>
    connections.gateway(one).getNetwork(config.channel),
  );
  const all = { ...config, connections, member, gateway, network, pharmacy, regulator };
  for (const part of [transactions, privateData, offline, chaincodeEvents, blockEvents, errors]) {
    await part(all);
  }
} finally {
  connections.close();
}
