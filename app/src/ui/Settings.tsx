import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { isAddress } from '@solana/kit';
import { useState, type FormEvent } from 'react';
import { override, setOverride, type Override } from '../lib/config';

const isUrl = (text: string, scheme: RegExp) => text === '' || (scheme.test(text) && URL.canParse(text));

/** Where the app is connected to, for this browser. */
export function Settings({ opened, close }: { opened: boolean; close(): void }) {
    const [{ rpc = '', ws = '', book = '' }, set] = useState<{ rpc?: string; ws?: string; book?: string }>(override);
    const errors = {
        rpc: isUrl(rpc, /^https?:/) ? null : 'Expected a URL that begins with http:// or https://',
        ws: isUrl(ws, /^wss?:/) ? null : 'Expected a URL that begins with ws:// or wss://',
        book: book === '' || isAddress(book) ? null : 'Expected an address',
    };
    const save = (event: FormEvent) => {
        event.preventDefault();
        if (errors.rpc || errors.ws || errors.book) return;
        const kept = Object.entries({ rpc, ws, book }).filter(([, value]) => value !== '');
        setOverride(Object.fromEntries(kept) as Override);
        location.reload();
    };
    const reset = () => {
        setOverride({});
        location.reload();
    };
    return (
        <Modal opened={opened} onClose={close} title="Connection" closeButtonProps={{ 'aria-label': 'Close' }}>
            <form onSubmit={save}>
                <Stack>
                    <Text size="sm" c="dimmed">
                        Empty fields are as the site has them. What you enter stays in this browser.
                    </Text>
                    <TextInput
                        label="JSON-RPC"
                        placeholder="https://…"
                        value={rpc}
                        error={errors.rpc}
                        onChange={({ currentTarget }) => set({ rpc: currentTarget.value.trim(), ws, book })}
                    />
                    <TextInput
                        label="Web socket"
                        placeholder="wss://…"
                        value={ws}
                        error={errors.ws}
                        onChange={({ currentTarget }) => set({ rpc, ws: currentTarget.value.trim(), book })}
                    />
                    <TextInput
                        label="Risk book"
                        placeholder="Address of another exchange"
                        value={book}
                        error={errors.book}
                        onChange={({ currentTarget }) => set({ rpc, ws, book: currentTarget.value.trim() })}
                    />
                    <Group justify="flex-end">
                        <Button variant="default" onClick={reset}>
                            As the site has it
                        </Button>
                        <Button type="submit">Save</Button>
                    </Group>
                </Stack>
            </form>
        </Modal>
    );
}
