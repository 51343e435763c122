import { expect, test, type Page } from '@playwright/test';
import type { Explanation } from '@plimsoll/client';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deviations, dollars, percent, percentOf, usd } from '../../src/lib/format';
import { figure, prices, pricesRest } from './support';
import { Trader } from './trader';

/** The risk tool, as it was built beside the cluster. */
const RISK = process.env.PLIMSOLL_RISK ?? fileURLToPath(new URL('../../../target/debug/plimsoll-risk', import.meta.url));
const USDC = 1_000_000n;
const SOL = 1_000_000_000n;
const ETH = 100_000_000n;

/** The page as a trader's. */
async function belongsTo(page: Page, { seed }: Trader): Promise<void> {
    const kept = Buffer.from(seed).toString('hex');
    await page.addInitScript((key) => {
        localStorage.setItem('plimsoll.test-wallet', key);
        localStorage.setItem('plimsoll.wallet', 'Test wallet');
    }, kept);
}

/** A whole number as the tool prints it, or as the client reads it. */
type Printed<T> = T extends bigint ? number : T extends object ? { [Key in keyof T]: Printed<T[Key]> } : T;

/** What the risk tool says of two files. */
function told<T = Printed<Explanation>>(command: string[], names: string): T {
    expect(existsSync(RISK), `expected the risk tool at ${RISK}: cargo build -p plimsoll-risk, or set PLIMSOLL_RISK`).toBe(true);
    const output = execFileSync(RISK, [...command, '--names', names, '--json'], { encoding: 'utf8' });
    return (JSON.parse(output) as { result: T }).result;
}

/** The files of the snapshot that the stress screen shows, and the command that it names. */
async function snapshot(page: Page, folder: string): Promise<string[]> {
    await page.getByRole('button', { name: 'Save snapshot' }).click();
    const command = (await page.getByTestId('snapshot-command').textContent())!.split(' ').slice(2);
    for (const name of ['account.json', 'book.json']) {
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
        await download.saveAs(`${folder}/${name}`);
    }
    await page.keyboard.press('Escape');
    return command.map((part) => (part.endsWith('.json') ? `${folder}/${part}` : part));
}

test('the figures on the screens are those of plimsoll-risk', async ({ page }, { outputDir }) => {
    await pricesRest(page);
    const trader = await Trader.arrive(1);
    await trader.deposits('USDC', 5_000n * USDC);
    // A hedge: the portfolio model saves what the short takes off the deposit.
    await trader.deposits('SOL', 30n * SOL);
    await trader.trades('SOL', -40n * SOL);
    await trader.trades('ETH', 6n * ETH);
    const names = ['USDC', 'SOL', 'BTC', 'ETH'].map((symbol) => `${symbol}=${trader.slot(symbol)}`).join();
    const money = (value: number) => usd(BigInt(value));

    // The page's clock stands still, and with it what it shows: all screens speak of one moment.
    await page.clock.install();
    await belongsTo(page, trader);
    // Both screens are loaded before: what is awaited later would wait for that clock.
    await page.goto('/#/stress');
    await expect(page.getByTestId('worst')).toHaveCount(1);
    await page.getByRole('link', { name: 'Portfolio' }).click();
    await expect(page.getByTestId('state')).toHaveText('Healthy');
    await page.clock.pauseAt(Date.now() + 5_000);
    const shown: Record<string, string | null> = {};
    for (const figure of ['equity', 'maintenance', 'initial', 'free']) {
        shown[figure] = await page.getByTestId(figure).textContent();
    }
    for (const symbol of ['SOL', 'ETH']) shown[symbol] = await page.getByTestId(`liquidation-${symbol}`).textContent();

    await page.getByRole('link', { name: 'Stress' }).click();
    await expect(page.getByTestId('worst')).toHaveCount(1);
    const files = await snapshot(page, outputDir);
    const said = told(['explain', ...files], names);

    // Portfolio.
    expect(shown.equity).toBe(money(said.maintenance.equity));
    expect(shown.maintenance).toBe(money(said.maintenance.requirement));
    expect(shown.initial).toBe(money(said.initial.requirement));
    expect(shown.free).toBe(money(said.initial.equity - said.initial.requirement));
    const line = (asset: string) => said.prices.find((it) => it.asset === asset)!;
    expect(shown.SOL).toBe(dollars(line('SOL').above!.price));
    expect(shown.ETH).toBe(dollars(line('ETH').below!.price));

    // Stress.
    for (const view of ['initial', 'maintenance'] as const) {
        const { requirement, gross, binds } = said[view];
        await expect(page.getByTestId(`required-${view}`)).toHaveText(money(requirement));
        await expect(page.getByTestId(`gross-${view}`)).toHaveText(money(gross));
        await expect(page.getByTestId(`saved-${view}`)).toHaveText(money(gross - requirement));
        await expect(page.getByTestId(`binds-${view}`)).toContainText(binds);
        expect(gross).toBeGreaterThan(requirement);
    }
    expect(said.scenarios.length).toBeGreaterThan(5);
    for (const { scenario, loss, equity_after } of said.scenarios) {
        await expect(page.getByTestId(`loss-${scenario}`)).toHaveText(usd(BigInt(-loss), { sign: true }));
        await expect(page.getByTestId(`after-${scenario}`)).toHaveText(money(equity_after));
    }
    const worst = said.scenarios.reduce((most, it) => (it.loss > most.loss ? it : most));
    await expect(page.getByRole('row').filter({ has: page.getByTestId('worst') })).toContainText(`#${worst.scenario}`);
    const { below } = line('ETH');
    await expect(page.getByTestId('below-ETH')).toHaveText(dollars(below!.price));
    const far = `${percentOf(below!.distance, { places: 1, sign: true })}, ${deviations(below!.days_sigma)}`;
    await expect(page.getByRole('row').filter({ has: page.getByTestId('below-ETH') })).toContainText(far);

    // Moves of the sliders are those of `simulate`.
    await page.getByRole('button', { name: 'All −20%' }).click();
    await page.getByRole('slider', { name: 'Move of ETH' }).press('ArrowRight');
    const moves = ['--move', 'SOL=-20%', '--move', 'ETH=-19%'];
    const { after } = told<{ after: Printed<Explanation> }>(['simulate', ...files, ...moves], names);
    await expect(page.getByTestId('stress-equity')).toHaveText(money(after.maintenance.equity));
    await expect(page.getByTestId('stress-maintenance')).toHaveText(money(after.maintenance.requirement));
    await expect(page.getByTestId('stress-initial')).toHaveText(money(after.initial.requirement));
    await expect(page.getByTestId('stress-state')).toHaveText(new RegExp(after.state, 'i'));
    const { equity, requirement } = after.maintenance;
    const health = equity > requirement ? BigInt(Math.floor(((equity - requirement) / equity) * 1e6)) : 0n;
    await expect(page.getByTestId('stress-health')).toHaveText(percent(health, { places: 1 }));
});

test('an account that falls below its line is seen by keepers, liquidated, and in the feed', async ({ page, context }) => {
    await pricesRest(page);
    const trader = await Trader.arrive();
    await trader.deposits('USDC', 2_000n * USDC);
    await trader.levers('SOL', 97n);

    await page.goto('/#/keepers');
    const account = page.getByTestId(`account-${trader.account}`);
    const row = page.getByRole('row').filter({ has: account });
    await expect(row).toContainText('SOL long');
    await expect(row).toContainText(/Healthy|Strained/);

    const feed = await context.newPage();
    await feed.goto('/#/liquidations');
    await expect(feed.getByText('Live', { exact: true })).toBeVisible();
    await expect(feed.getByTestId(`account-${trader.account}`)).toHaveCount(0);

    await prices(page, 'move?symbol=SOL&percent=-11&seconds=12');
    await expect(row).toContainText(/Called|Liquidatable/, { timeout: 40_000 });
    const told = feed.getByTestId('liquidations').getByRole('row').filter({ has: feed.getByTestId(`account-${trader.account}`) });
    await expect(told.first()).toContainText('SOL closed for $', { timeout: 60_000 });
    const link = told.first().getByRole('link', { name: /^Transaction/ });
    await expect(link).toHaveAttribute('href', /\/tx\/[1-9A-HJ-NP-Za-km-z]{80,}/);
    const called = feed.getByRole('table', { name: 'Margin calls' }).getByRole('row').filter({ hasText: 'Became liquidatable' });
    await expect(called.first()).toBeVisible();

    // Whoever looks later finds it too.
    const href = await link.getAttribute('href');
    await feed.reload();
    await expect(feed.locator(`a[href="${href}"]`)).toBeVisible({ timeout: 40_000 });
    await pricesRest(page);
    await prices(page, 'move?symbol=SOL&percent=12.3&seconds=5');
    await pricesRest(page);
});

test('a provider asks the pool, waits, and gets what the preview said', async ({ page }) => {
    await pricesRest(page);
    const trader = await Trader.arrive();
    await belongsTo(page, trader);
    await page.goto('/#/pool');
    await expect(page.getByTestId('share-low')).toContainText('$');
    await page.getByRole('textbox', { name: 'Deposit' }).fill('1000');
    const preview = (await page.getByTestId('pool-received').textContent())!;
    await page.getByRole('button', { name: 'Ask to deposit' }).click();
    await expect(page.getByTestId('pool-request')).toContainText('waits');
    await expect(page.getByText('The deposit was executed')).toBeVisible({ timeout: 180_000 });
    await expect(page.getByText('None waits.')).toBeVisible();
    const number = (text: string) => Number(text.replaceAll(',', '').replace(/[^\d.]/g, ''));
    const held = number((await page.getByTestId('lp-shares').textContent())!);
    expect(Math.abs(held / number(preview) - 1)).toBeLessThan(0.01);

    // More than he has is not offered.
    await page.getByRole('radiogroup', { name: 'Deposit or withdraw' }).getByText('Withdraw').click();
    await page.getByRole('textbox', { name: 'Shares to withdraw' }).fill(String(held + 1));
    await expect(page.getByText('More than your wallet holds')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Ask to withdraw' })).toBeDisabled();
});

test('the risk book shows prices as they are held, and every rate', async ({ page }) => {
    await pricesRest(page);
    await prices(page, 'hold?seconds=60');
    await page.goto('/#/book');
    await expect
        .poll(async () => {
            const query = 'symbol=Crypto.SOL/USD&resolution=1&from=0&to=4000000000';
            const { c } = (await (await page.request.get(`/v1/shims/tradingview/history?${query}`)).json()) as { c: number[] };
            return Math.abs((await figure(page.getByTestId('book-price-SOL'))) - c.at(-1)!);
        })
        .toBeLessThan(0.002);
    const rates = page.getByRole('table', { name: 'Rates' }).getByRole('row').filter({ hasText: 'SOL' });
    await expect(rates).toContainText(/\d+\.\d\d%/);
    await expect(page.getByRole('table', { name: 'Correlations' }).getByRole('rowheader')).toHaveText(['SOL', 'BTC', 'ETH']);
    await prices(page, 'hold?seconds=0');
});
