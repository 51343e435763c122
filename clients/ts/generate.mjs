// Writes the client from the program's interface description and the hints: node generate.mjs [FOLDER], by
// default src/generated.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import { visit } from '@codama/visitors-core';
import { format } from 'prettier';

const here = new URL('.', import.meta.url);
const read = async (path) => JSON.parse(await readFile(new URL(path, here), 'utf8'));
const [idl, hints] = [await read('../../idl/plimsoll.json'), await read('../hints.json')];
const { events, errors } = idl;

// Errors: written below with their hints. Events: their types are wanted, which are left out where there
// are events.
const described = { ...idl, errors: [], events: [] };
// Discriminators are listed, so an instruction may have another name than an account.
described.instructions = idl.instructions.map((instruction) =>
    instruction.name === 'pool_request' ? { ...instruction, name: 'request_pool' } : instruction,
);
const prettier = { singleQuote: true, tabWidth: 4, printWidth: 110 };
const folder = `${process.argv[2] ?? new URL('src/generated', here).pathname}/`;
await visit(
    rootNodeFromAnchor(described),
    renderVisitor(folder, { prettierOptions: prettier }),
);

// Node wants whole paths: a folder is its index.
const folders = new Set(await readdir(folder));
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = `${entry.parentPath ?? entry.path}/${entry.name}`;
    const whole = (_, path) => `from '${path}${folders.has(path.split('/').at(-1)) || /^\.+$/.test(path) ? '/index' : ''}.js'`;
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/from '(\.[^']*)'/g, whole));
}

const write = async (name, text) => {
    const head = '// Written by generate.mjs. Not to be edited.\n\n';
    const pretty = await format(head + text, { ...prettier, parser: 'typescript' });
    await writeFile(`${folder}${name}.ts`, pretty);
};

const refusals = errors.map(({ code, name, msg }) => ({ code, name, message: msg, hint: hints[name] }));
await write(
    'refusals',
    `/** Every refusal of the program. */
export const REFUSALS: readonly { code: number; name: string; message: string; hint?: string }[] = ${JSON.stringify(refusals)};`,
);

const names = events.map(({ name }) => name);
await write(
    'events',
    `import { type ReadonlyUint8Array } from '@solana/kit';
import * as types from './types/index.js';

/** What the program tells, by name. */
export type Event = ${names.map((name) => `{ name: '${name}'; data: types.${name} }`).join(' | ')};

type Known = { name: Event['name']; discriminator: readonly number[]; decode: (bytes: ReadonlyUint8Array) => object };

/** How each event begins and is read. */
export const EVENTS: readonly Known[] = [
${events.map(({ name, discriminator }) => `{ name: '${name}', discriminator: ${JSON.stringify(discriminator)}, decode: (bytes) => types.get${name}Decoder().decode(bytes) },`).join('\n')}
];`,
);
