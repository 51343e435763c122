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
/** What the page does for a price: computing, styling, laying out. */
const BUSY = ['ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'];
/** Seconds that are watched. */
const WATCHED = 20;
/** Most milliseconds that drawing the page once may take: a frame has 17, machines of tests are slower. */
const MOST = 45;

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

test('sixteen positions follow every price', async ({ page }) => {
    await accountHolder(page);
    await pays(page, 'deposit', '50000');
    const counted = await widens(page);
    await page.goto('/#/portfolio');
    await page.reload();
    const rows = page.getByRole('table', { name: 'Positions' }).getByRole('row');
    await expect(rows).toHaveCount(POSITIONS + 1);
    const ready = await page.evaluate(() => performance.now());
    await page.evaluate(() => {
        const counted = { draws: 0 };
        new MutationObserver(() => (counted.draws += 1)).observe(document.body, {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
        });
        Object.assign(window, { counted });
    });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const state = async () => {
        const { metrics } = await session.send('Performance.getMetrics');
        const seconds = metrics.filter(({ name }) => BUSY.includes(name)).reduce((sum, { value }) => sum + value, 0);
        const draws = await page.evaluate(() => (window as unknown as { counted: { draws: number } }).counted.draws);
        return { busy: seconds * 1_000, draws, ticks: counted.ticks };
    };
    const before = await state();
    await page.waitForTimeout(WATCHED * 1_000);
    const after = await state();
    const [ticks, draws] = [after.ticks - before.ticks, after.draws - before.draws];
    const each = (after.busy - before.busy) / draws;
    console.log(
        `sixteen positions on screen ${ready.toFixed(0)} ms after loading; ${ticks} ticks, drawn ${draws} times, ${each.toFixed(1)} ms each`,
    );
    expect(ticks).toBeGreaterThan(WATCHED / 2);
    expect(draws).toBeGreaterThanOrEqual(ticks / 2);
    expect(each).toBeLessThan(MOST);
});
