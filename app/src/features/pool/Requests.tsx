import { notifications } from '@mantine/notifications';
import { getPoolRequestDecoder, POOL_REQUEST_DISCRIMINATOR, refusalOf, REQUEST, type PoolRequest } from '@plimsoll/client';
import type { Address } from '@solana/kit';
import { useEffect, useMemo, useRef } from 'react';
import type { Chain } from '../../lib/chain';
import { amount, countdown, moment } from '../../lib/format';
import { useFewAccounts } from '../../lib/live';
import { ending } from '../../lib/outcomes';
import { useChain, useExchange, useWallet } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { LP_DECIMALS } from './shares';

const COLUMNS = [{ name: 'Request' }, { name: 'Amount', number: true }, { name: 'At least', number: true }, { name: 'Prices of' }, { name: 'State' }];
/** Seconds after its instant in which a request can execute. */
const WINDOW = 3_600n;

type Open = { address: Address; request: PoolRequest };

/** The visitor's requests that wait. */
export function Requests() {
    const chain = useChain();
    const { venue, state, now } = useExchange();
    const symbol = chain.symbol(venue.listings[state.quoteSlot]!);
    const { signer } = useWallet();
    const filters = useMemo(
        () =>
            signer && [
                { offset: 0, bytes: POOL_REQUEST_DISCRIMINATOR },
                { offset: 8, bytes: venue.book },
                { offset: 40, bytes: signer.address },
            ],
        [venue.book, signer],
    );
    const found = useFewAccounts(filters);
    const open = useMemo(() => {
        const all = [...(found ?? [])].map(([address, bytes]): Open => ({ address, request: getPoolRequestDecoder().decode(bytes) }));
        return all.sort((a, b) => Number(a.request.executeAt - b.request.executeAt));
    }, [found]);
    useEndings(chain, found ? open : null);
    if (!signer) return null;
    const rows = open.map(({ address, request }) => {
        const deposit = request.kind === REQUEST.deposit;
        const [gives, gets] = deposit ? [symbol, 'shares'] : ['shares', symbol];
        return {
            key: address,
            cells: [
                deposit ? 'Deposit' : 'Withdrawal',
                `${amount(request.amount, LP_DECIMALS)} ${gives}`,
                `${amount(request.least, LP_DECIMALS)} ${gets}`,
                moment(request.executeAt),
                <span key="state" data-testid="pool-request">
                    {stateOf(request, now)}
                </span>,
            ],
        };
    });
    return (
        <Panel title="Your requests">
            <Table label="Your requests" columns={COLUMNS} rows={rows} empty={found ? 'None waits.' : 'Looking…'} />
        </Panel>
    );
}

function stateOf({ executeAt, prices }: PoolRequest, now: bigint): string {
    if (now < executeAt) return `waits ${countdown(executeAt - now)}`;
    if (now > executeAt + WINDOW) return 'lapsed; a keeper returns it';
    const recorded = prices.filter(({ spot }) => spot > 0n).length;
    return recorded > 0 ? `executes; ${recorded} prices are recorded` : 'executes; a keeper brings the prices';
}

/** Tells what became of requests that are gone. */
function useEndings(chain: Chain, open: Open[] | null) {
    const known = useRef<Open[] | null>(null);
    useEffect(() => {
        const before = known.current ?? [];
        known.current = open;
        if (!open) return;
        const present = new Set(open.map(({ address }) => address));
        for (const gone of before) if (!present.has(gone.address)) void tell(chain, gone);
    }, [chain, open]);
}

async function tell(chain: Chain, { address, request }: Open) {
    const end = await ending(chain, address, ['PoolExecuted', 'PoolRefused']);
    const deposit = request.kind === REQUEST.deposit;
    const name = deposit ? 'deposit' : 'withdrawal';
    if (end?.name === 'PoolExecuted') {
        const got = deposit ? `${amount(end.data.shares, LP_DECIMALS)} shares` : `${amount(end.data.quote, LP_DECIMALS)} of the quote token`;
        notifications.show({ title: `The ${name} was executed`, message: `You received ${got}.`, color: 'tide', autoClose: 15_000 });
    } else if (end?.name === 'PoolRefused') {
        const refusal = refusalOf(end.data.code);
        const why = refusal ? `${refusal.message}. ${refusal.hint ?? ''}` : 'Nobody executed it in time.';
        const message = `${why} What it held is back in your wallet.`;
        notifications.show({ title: `The ${name} was refused`, message, color: 'danger', autoClose: false });
    }
}
