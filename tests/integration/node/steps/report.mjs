// What the script tells: one JSON line per step, without anything that differs from run to run.

import { status } from '@grpc/grpc-js';
import { GatewayError, CommitError } from '@hyperledger/fabric-gateway';

const TRANSACTION_ID = /\b[0-9a-f]{64}\b/g;
const ADDRESS = /\b[a-z0-9.-]+:\d{2,5}\b/gi;
const VERSIONED = /\d+\.\d+\.\d+\S*/g;
// devnet goes on to name the first key that differs, which Fabric's peers do not tell.
const DIFFERENCE = /^(ProposalResponsePayloads do not match): .*/;

export const text = (bytes) => Buffer.from(bytes).toString('utf8');
export const json = (bytes) => JSON.parse(text(bytes));

/** A message without ids, addresses and versions. */
export function plain(message) {
  return message
    .replace(TRANSACTION_ID, '<id>')
    .replace(ADDRESS, '<address>')
    .replace(VERSIONED, '<version>')
    .replace(DIFFERENCE, '$1');
}

export function tell(step, found) {
  process.stdout.write(`${JSON.stringify({ step, ...found })}\n`);
}

/** What a failed call told: the class of the error, the code, and each node's words; throws where it did not fail. */
export async function failure(call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    return describe(error);
  }
  throw new Error(`no failure, but ${answer instanceof Uint8Array ? text(answer) : String(answer)}`);
}

/**
 * As `failure`, of a call whose deadline ends it. Client and node each watch the deadline: where the node is first,
 * the client sees the call cancelled.
 */
export async function overdue(call, milliseconds) {
  const began = Date.now();
  const { error, code } = await failure(call);
  const ended = [status.DEADLINE_EXCEEDED, status.CANCELLED].includes(code);
  return { error, ended, early: Date.now() - began < milliseconds * 0.9 };
}

function describe(error) {
  if (error instanceof CommitError) {
    return { error: error.name, code: error.code, message: plain(error.message) };
  }
  if (!(error instanceof GatewayError)) {
    return { error: error.name, code: error.code, message: plain(error.message) };
  }
  const details = error.details.map(({ mspId, message }) => ({ mspId, message: plain(message) }));
  details.sort((one, other) => one.mspId.localeCompare(other.mspId));
  return { error: error.name, code: error.code, message: plain(error.message), details };
}
