import { expect, test, type Page } from '@playwright/test';
import {
    getMarginAccountDecoder,
    getMarginAccountEncoder,
    getRiskBookDecoder,
    getRiskBookEncoder,
    MARGIN_ACCOUNT_DISCRIMINATOR,
    RISK_BOOK_DISCRIMINATOR,
} from '@plimsoll/client';
import { accountHolder, pays } from './support';

/** The slot whose asset is listed again in as many as an account can hold positions in. */
const [MODEL_SLOT, FIRST, POSITIONS] = [1, 4, 16];
const [ASSET_AND_MARKET, PORTFOLIO] = [5, 1];
/** Of the asset that all are of. */
const ATOMS = 100_000_000n;
/** Seconds that are watched. */
const WATCHED = 20;
/** Most milliseconds of processor time for a tick, with all else that happens in its second. */
const MOST = 250;

const begins = (bytes: Uint8Array, with_: Uint8Array) => with_.every((byte, at) => bytes[at] === byte);

/** The book with its second asset in twenty slots, and an account with a position in sixteen of them. */
function widened(data: string): string {
    const bytes = new Uint8Array(Buffer.from(data, 'base64'));
    const is = (discriminator: Uint8Array) => begins(bytes, discriminator);
    const fresh = is(RISK_BOOK_DISCRIMINATOR) ? book(bytes) : is(MARGIN_ACCOUNT_DISCRIMINATOR) ? account(bytes) : bytes;
    return Buffer.from(fresh).toString('base64');
}

let price: { spot: bigint; shift: bigint } | undefined;

function book(bytes: Uint8Array) {
    const state = getRiskBookDecoder().decode(bytes);
    const asset = state.assets[MODEL_SLOT]!;
    price = { spot: asset.spot, shift: BigInt(asset.priceShift) };
    const isOurs = (slot: number) => slot >= FIRST && slot < FIRST + POSITIONS;
    const assets = state.assets.map((it, slot) => (isOurs(slot) ? { ...asset, listed: ASSET_AND_MARKET } : it));
    const models = state.models.map((it, slot) => (isOurs(slot) ? state.models[MODEL_SLOT]! : it));
    return getRiskBookEncoder().encode({ ...state, assetCount: FIRST + POSITIONS, assets, models });
}

function account(bytes: Uint8Array) {
    if (!price) return bytes;
    const { spot, shift } = price;
    const state = getMarginAccountDecoder().decode(bytes);
    const positions = state.positions.map((place, at) => {
        const base = at % 3 === 0 ? -ATOMS : ATOMS;
        const cost = (base * spot) >> shift;
        return { ...place, slot: FIRST + at, base, cost, entry: cost, funding: 0n };
    });
    return getMarginAccountEncoder().encode({ ...state, model: PORTFOLIO, positions });
}

type Account = { data: [string, string] } | null;
const wide = (account: Account): Account => account && { ...account, data: [widened(account.data[0]), account.data[1]] };

/** Puts the wide accounts in the place of what the node says; counts the book's ticks. */
async function widens(page: Page): Promise<{ ticks: number }> {
    const { rpc, ws } = (await (await page.request.get('/config.json')).json()) as { rpc: string; ws: string };
    await page.route(`${rpc}/**`, async (route) => {
        const { method } = (route.request().postDataJSON() ?? {}) as { method?: string };
        if (method !== 'getMultipleAccounts' && method !== 'getAccountInfo') return route.continue();
        const answer = await route.fetch();
        const json = (await answer.json()) as { result: { value: Account | Account[] } };
        const { value } = json.result;
        json.result.value = Array.isArray(value) ? value.map(wide) : wide(value);
        return route.fulfill({ response: answer, json });
    });
    const counted = { ticks: 0 };
    await page.routeWebSocket(
        (url) => url.href.startsWith(ws),
        (socket) => {
            const server = socket.connectToServer();
            server.onMessage((message) => {
                const said = JSON.parse(String(message)) as { params?: { result: { value: Account } } };
                const value = said.params?.result.value;
                if (!value?.data) return socket.send(message);
                said.params!.result.value = wide(value)!;
                if (value.data[0].length > 40_000) counted.ticks += 1;
                socket.send(JSON.stringify(said));
            });
        },
    );
    return counted;
}

// A trace copies the page with every change.
test.use({ trace: 'off' });

test('sixteen positions follow every price', async ({ page, browser }) => {
    await accountHolder(page);
    await pays(page, 'deposit', '50000');
    const counted = await widens(page);
    await page.goto('/#/portfolio');
    await page.reload();
    const rows = page.getByRole('table', { name: 'Positions' }).getByRole('row');
    await expect(rows).toHaveCount(POSITIONS + 1);
    const ready = await page.evaluate(() => performance.now());
    // Processor time, so that what others do on the machine does not count.
    const session = await browser.newBrowserCDPSession();
    const busy = async () => {
        const { processInfo } = await session.send('SystemInfo.getProcessInfo');
        const renderers = processInfo.filter(({ type }) => type === 'renderer');
        return renderers.reduce((sum, { cpuTime }) => sum + cpuTime, 0) * 1_000;
    };
    const [before, ticks] = [await busy(), counted.ticks];
    await page.waitForTimeout(WATCHED * 1_000);
    const [after, seen] = [await busy(), counted.ticks - ticks];
    const each = (after - before) / seen;
    console.log(
        `sixteen positions on screen ${ready.toFixed(0)} ms after loading; ${seen} ticks, ${each.toFixed(1)} ms of processor time each`,
    );
    expect(seen).toBeGreaterThan(WATCHED / 2);
    expect(each).toBeLessThan(MOST);
});
