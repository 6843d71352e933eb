// Connections to the members' peers, as the configuration describes them.

import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { connect, hash, signers } from '@hyperledger/fabric-gateway';

const SECONDS = 1000;

export const within = (milliseconds) => ({ deadline: Date.now() + milliseconds });

/** One gRPC connection and the gateways upon it; closed together. */
export class Connections {
  #open = [];

  constructor(config) {
    this.config = config;
  }

  client(member) {
    const { address, tlsRoot, serverName } = this.config.members[member];
    const client = new grpc.Client(address, grpc.credentials.createSsl(readFileSync(tlsRoot)), {
      'grpc.ssl_target_name_override': serverName,
    });
    this.#open.push(client);
    return client;
  }

  signer(member) {
    return signers.newPrivateKeySigner(createPrivateKey(readFileSync(this.config.members[member].key)));
  }

  /** A gateway of a member's user; without a signer where all is signed elsewhere. */
  gateway(member, options = {}) {
    const { mspId, certificate } = this.config.members[member];
    const made = connect({
      client: this.client(member),
      identity: { mspId, credentials: readFileSync(certificate) },
      signer: this.signer(member),
      hash: hash.sha256,
      evaluateOptions: () => within(30 * SECONDS),
      endorseOptions: () => within(30 * SECONDS),
      submitOptions: () => within(30 * SECONDS),
      commitStatusOptions: () => within(60 * SECONDS),
      ...options,
    });
    this.#open.unshift(made);
    return made;
  }

  close() {
    this.#open.forEach((one) => one.close());
  }
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** The first `count` of a stream, which is then closed. */
export async function take(stream, count) {
  const taken = [];
  try {
    for await (const one of stream) {
      if (taken.push(one) === count) {
        return taken;
      }
    }
    throw new Error(`the stream ended after ${taken.length} of ${count}`);
  } finally {
    stream.close();
  }
}
