/** What the program told in the logs of a transaction. */

import { getBase64Encoder } from '@solana/kit';
import { EVENTS, type Event } from './generated/events.js';
import { PLIMSOLL_PROGRAM_ADDRESS } from './generated/index.js';

const DATA = 'Program data: ';

/** The event of the bytes of one line, if it is one that this client knows. */
export function decodeEvent(bytes: Uint8Array): Event | undefined {
    const known = EVENTS.find(({ discriminator }) => discriminator.every((byte, at) => bytes[at] === byte));
    return known && ({ name: known.name, data: known.decode(bytes.subarray(8)) } as Event);
}

/** Events in order. What another program logs while it is called does not count, whatever it looks like. */
export function eventsOf(logs: readonly string[]): Event[] {
    const running: string[] = [];
    const events: Event[] = [];
    for (const line of logs) {
        const [word, program, what] = line.split(' ');
        if (word !== 'Program') continue;
        if (what === 'invoke') running.push(program!);
        else if (what === 'success' || what?.startsWith('failed')) running.pop();
        else if (line.startsWith(DATA) && running.at(-1) === PLIMSOLL_PROGRAM_ADDRESS) {
            const bytes = new Uint8Array(getBase64Encoder().encode(line.slice(DATA.length)));
            const event = decodeEvent(bytes);
            if (event) events.push(event);
        }
    }
    return events;
}
