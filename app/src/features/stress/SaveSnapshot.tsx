import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { PLIMSOLL_PROGRAM_ADDRESS, type Subject } from '@plimsoll/client';
import { getBase64Decoder, type Address } from '@solana/kit';
import { useMemo, useState } from 'react';
import type { Margin } from '../../lib/chain';
import { moment } from '../../lib/format';
import { useExchange } from '../../lib/session';

type Taken = { now: bigint; account: string; book: string };

/** An account as `solana account --output json` writes it. */
function file(address: Address, bytes: Uint8Array): string {
    const data = [getBase64Decoder().decode(bytes), 'base64'];
    const account = { lamports: 0, data, owner: PLIMSOLL_PROGRAM_ADDRESS, executable: false, rentEpoch: 0, space: bytes.length };
    const text = JSON.stringify({ pubkey: address, account });
    return `data:application/json,${encodeURIComponent(text)}`;
}

/** Account and book of one moment as files, for `plimsoll-risk`: what is shown can be checked elsewhere. */
export function SaveSnapshot({ margin, subject }: { margin: Margin; subject: Subject }) {
    const { venue } = useExchange();
    const [taken, setTaken] = useState<Taken | null>(null);
    const command = useMemo(
        () => `plimsoll-risk explain --account account.json --book book.json --now ${taken?.now}`,
        [taken?.now],
    );
    const take = () => {
        const { book, account, now } = subject;
        setTaken({ now, account: file(margin.address, account), book: file(venue.book, book) });
    };
    return (
        <>
            <Button variant="default" onClick={take}>
                Save snapshot
            </Button>
            <Modal opened={taken !== null} onClose={() => setTaken(null)} title="Account and book of this moment" size="lg" transitionProps={{ duration: 0 }}>
                {taken && (
                    <Stack>
                        <Text size="sm">
                            As of {moment(taken.now)}. With both files the risk tool says what this screen says, to the micro-dollar.
                        </Text>
                        <Group>
                            <Button component="a" href={taken.account} download="account.json">
                                account.json
                            </Button>
                            <Button component="a" href={taken.book} download="book.json">
                                book.json
                            </Button>
                        </Group>
                        <Code block data-testid="snapshot-command" style={{ whiteSpace: 'pre-wrap' }}>
                            {command}
                        </Code>
                    </Stack>
                )}
            </Modal>
        </>
    );
}
