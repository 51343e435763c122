// Finds accounts below their maintenance margin and closes as much of their positions as is due.
import { EVERYTHING, LEG, liquidate, Refused, send } from '../src/index.js';
import { ensureAccount, health, others, run, subject } from './setup.js';

/** State of a health report from which on anyone may liquidate, and from which on there is bad debt instead. */
const [LIQUIDATABLE, BANKRUPT] = [3, 4];

run(async (setup) => {
    const { venue, mine, engine, sending } = setup;
    await ensureAccount(setup);
    let done = 0;
    for (const account of await others(setup)) {
        const view = engine.view(await subject(setup, account));
        const open = view.positions.filter(({ kind }) => kind !== 'claim');
        if (view.report.state < LIQUIDATABLE || view.report.state > BANKRUPT || open.length === 0) continue;
        console.log(`${account}: ${health(view)}`);
        const legs = open.map(({ slot }) => ({ slot, kind: LEG.position, most: EVERYTHING }));
        try {
            const { signature } = await send(sending, [await liquidate(venue, mine, account, legs)]);
            console.log(`liquidated in ${signature}`);
            done += 1;
        } catch (error) {
            // Somebody else was faster, or its price has recovered: nothing to worry about.
            if (!(error instanceof Refused && error.refusal)) throw error;
            console.log(error.message);
        }
    }
    console.log(`${done} liquidated`);
});
