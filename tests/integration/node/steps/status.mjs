// Names of the validation codes.

import { StatusCode } from '@hyperledger/fabric-gateway';

export const StatusNames = Object.fromEntries(Object.entries(StatusCode).map(([name, code]) => [code, name]));
