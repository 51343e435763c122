// Places a stop that closes a position when its asset has moved a tenth against it.
import { EXTENT, fetchOrder, ORDER, orderAddress, placeOrder, send } from '../src/index.js';
import { dollars, run, subject } from './setup.js';

run(async (setup) => {
    const { rpc, venue, state, mine, account, engine, sending } = setup;
    const { positions } = engine.view(await subject(setup, account));
    const position = positions.find(({ kind }) => kind === 'long' || kind === 'short');
    if (!position) throw new Error('expected an open position: run open-position first');

    // Amounts are for the whole size; a quote atom is about a micro-dollar. Beyond the limit it waits.
    const { slot, atoms, exposure } = position;
    const [worth, long] = [exposure < 0n ? -exposure : exposure, atoms > 0n];
    const triggerQuote = (worth * (long ? 90n : 110n)) / 100n;
    const limitQuote = (worth * (long ? 85n : 115n)) / 100n;
    const id = BigInt(Date.now());
    const order = { kind: ORDER.stop, extent: EXTENT.close, size: -atoms, triggerQuote, limitQuote };
    await send(sending, [await placeOrder(venue, mine, slot, { id, keeperFee: state.minKeeperFee, ...order })]);

    const placed = await fetchOrder(rpc, await orderAddress(account, id), { commitment: 'confirmed' });
    console.log(`stop ${placed.address} triggers where the position is worth ${dollars(placed.data.triggerQuote)}`);
});
