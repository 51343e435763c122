// Opens a leveraged position: deposits quote, asks the engine what is possible, buys half of that, or --percent, at
// market.
import { deposit, EVERYTHING, EXTENT, marketOf, ORDER, orderAddress, placeOrder, send, type Action } from '../src/index.js';
import { dollars, ended, ensureAccount, firstMarket, health, read, run, subject } from './setup.js';

const DEPOSIT = 1_000_000_000n;

run(async (setup) => {
    const { venue, state, mine, account, engine, sending, percent } = setup;
    const slot = firstMarket(setup);
    await ensureAccount(setup);
    await send(sending, [await deposit(venue, mine, state.quoteSlot, DEPOSIT)]);

    const market = await read(setup, marketOf(venue, slot));
    const buy = (size: bigint): Action => {
        const order = { kind: ORDER.market, extent: EXTENT.size, size, limitQuote: EVERYTHING, triggerQuote: 0n };
        return { kind: 'trade', market, order };
    };
    const before = await subject(setup, account);
    const size = (engine.most(before, buy(1n)) / 100n) * percent;
    if (size === 0n) throw new Error('the account can open nothing now');
    const { trade, after } = engine.preview(before, buy(size));
    console.log(`buying ${size} atoms for ${dollars(trade!.notional)}, fee ${dollars(trade!.fee)}`);
    console.log(`initial requirement afterwards ${dollars(after!.initialRequirement)}`);

    // At most two percent more than the preview says.
    const limitQuote = (trade!.notional * 102n) / 100n;
    const id = BigInt(Date.now());
    const terms = { id, size, kind: ORDER.market, limitQuote, keeperFee: state.minKeeperFee };
    await send(sending, [await placeOrder(venue, mine, slot, terms)]);
    await ended(setup, await orderAddress(account, id), 90);

    const view = engine.view(await subject(setup, account));
    if (!view.positions.some((position) => position.slot === slot)) throw new Error('the order was refused');
    console.log(`open: ${health(view)}`);
});
