'use strict';

// What most chaincode does, by the libraries that most of it is written with: devnet must run it as a peer does.

const { Contract } = require('fabric-contract-api');

class Stock extends Contract {
    constructor() {
        super('stock');
    }

    async Put(ctx, key, value) {
        await ctx.stub.putState(key, Buffer.from(value));
        ctx.stub.setEvent('Stored', Buffer.from(key));
        return value;
    }

    async Get(ctx, key) {
        const value = await ctx.stub.getState(key);
        if (value.length === 0) {
            throw new Error(`there is no ${key}`);
        }
        return value.toString();
    }

    async Add(ctx, key) {
        const count = Number((await ctx.stub.getState(key)).toString() || '0') + 1;
        await ctx.stub.putState(key, Buffer.from(String(count)));
        return String(count);
    }

    async Keys(ctx, first, last) {
        const keys = [];
        for await (const one of ctx.stub.getStateByRange(first, last)) {
            keys.push(one.key);
        }
        return JSON.stringify(keys);
    }

    async History(ctx, key) {
        const values = [];
        for await (const one of ctx.stub.getHistoryForKey(key)) {
            values.push(one.isDelete ? null : Buffer.from(one.value).toString());
        }
        return JSON.stringify(values);
    }

    async Keep(ctx, collection, key) {
        const value = ctx.stub.getTransient().get('value');
        await ctx.stub.putPrivateData(collection, key, value);
    }

    async Look(ctx, collection, key) {
        return Buffer.from(await ctx.stub.getPrivateData(collection, key)).toString();
    }

    async Who(ctx) {
        const { clientIdentity } = ctx;
        return JSON.stringify({
            msp: clientIdentity.getMSPID(),
            role: clientIdentity.getAttributeValue('mediledger.role'),
        });
    }

    async Ask(ctx, chaincode, name, key) {
        const answer = await ctx.stub.invokeChaincode(chaincode, [name, key], ctx.stub.getChannelID());
        return Buffer.from(answer.payload).toString();
    }
}

module.exports.contracts = [Stock];
