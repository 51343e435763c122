/** What an error of the program means, and what to do about it. */

import { REFUSALS } from './generated/refusals.js';

/** A refusal in words. */
export type Refusal = (typeof REFUSALS)[number];

/** The refusal of a code, if the program knows it. */
export function refusalOf(code: number | bigint): Refusal | undefined {
    return REFUSALS.find((refusal) => refusal.code === Number(code));
}

/** A transaction that was refused. */
export class Refused extends Error {
    /** Place of the instruction in the transaction. */
    readonly instruction?: number;
    /** The program's own refusal; none for an error of another program or of the runtime. */
    readonly refusal?: Refusal;
    /** What the programs logged. */
    readonly logs: readonly string[];

    constructor(cause: unknown, logs: readonly string[], isOurs: (instruction: number) => boolean) {
        const failed = (cause as { InstructionError?: [number | bigint, unknown] })?.InstructionError;
        const code = (failed?.[1] as { Custom?: number | bigint })?.Custom;
        const at = failed && Number(failed[0]);
        const ours = at !== undefined && code !== undefined && isOurs(at);
        const refusal = ours ? refusalOf(code) : undefined;
        const text = JSON.stringify(cause, (_, value) => (typeof value === 'bigint' ? String(value) : value));
        super(refusal ? `${refusal.name} (${refusal.code}): ${refusal.message}. ${refusal.hint ?? ''}`.trim() : text);
        this.name = 'Refused';
        this.instruction = at;
        this.refusal = refusal;
        this.logs = logs;
    }
}
