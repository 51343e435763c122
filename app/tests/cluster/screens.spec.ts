import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { accountHolder, confirmed, goesLong, pays, pricesRest, quiet } from './support';

/** Every screen by the name of its picture. */
const SCREENS = {
    portfolio: '/portfolio',
    trade: '/trade/SOL',
    deposit: '/money/deposit',
    transfer: '/money/transfer',
    stress: '/stress',
    pool: '/pool',
    book: '/book',
    liquidations: '/liquidations',
    keepers: '/keepers',
};
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const FOLDER = 'screenshots';

test('every screen is readable by everybody, fits a phone, and has its picture taken', async ({ page }) => {
    test.setTimeout(600_000);
    await pricesRest(page);
    await accountHolder(page);
    await pays(page, 'deposit', '10000');
    await goesLong(page, 'SOL', '3×');
    await page.getByRole('button', { name: 'Add a stop' }).click();
    await page.getByLabel('Trigger price').fill('150');
    await confirmed(page, page.getByRole('button', { name: /^Sell \d/ }));
    await quiet(page);
    const problems: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
        for (const [size, viewport] of Object.entries(SIZES)) {
            await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
            await page.setViewportSize(viewport);
            for (const [name, path] of Object.entries(SCREENS)) {
                await shows(page, path);
                if (name === 'trade') await fillsTicket(page);
                const picture = `${name}-${size}-${scheme}`;
                await page.screenshot({ path: `${FOLDER}/${picture}.png`, fullPage: true, animations: 'disabled' });
                problems.push(...(await defects(page)).map((problem) => `${picture}: ${problem}`));
            }
        }
    }
    expect(problems).toEqual([]);
});

test('a visitor without a wallet is told what the app is for', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Know your line' })).toBeVisible();
    expect(await defects(page)).toEqual([]);
});

test('a node that is not there is named', async ({ page }) => {
    await page.addInitScript(() => localStorage.setItem('plimsoll.connection', '{"rpc":"http://127.0.0.1:9"}'));
    await page.goto('/');
    await expect(page.getByRole('alert')).toContainText('The node of localnet at http://127.0.0.1:9 does not answer.');
    expect(await defects(page)).toEqual([]);
});

test('the whole ticket is used without a mouse', async ({ page }) => {
    await accountHolder(page);
    await pays(page, 'deposit', '1000');
    await page.goto('/#/trade/SOL');
    const size = page.getByLabel('Size', { exact: true });
    await expect(size).toBeVisible();
    const reached = async (name: RegExp) => {
        for (let pressed = 0; pressed < 60; pressed += 1) {
            await page.keyboard.press('Tab');
            const label = await page.evaluate(() => {
                const at = document.activeElement as HTMLInputElement | null;
                return at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '';
            });
            if (name.test(label)) return;
        }
        throw new Error(`expected to reach ${name} by the tabulator key`);
    };
    await reached(/^Size/);
    await page.keyboard.type('0.5');
    await reached(/^2×$/);
    await page.keyboard.press('Enter');
    await expect(size).not.toHaveValue('0.5');
    await reached(/^Buy \d/);
    await page.keyboard.press('Enter');
    await expect(page.getByText('Confirmed.')).toBeVisible();
});

/** So that the picture shows what an order would change. */
async function fillsTicket(page: Page): Promise<void> {
    await page.getByRole('button', { name: '5×', exact: true }).click();
    await expect(page.getByTestId('preview-health')).toBeVisible();
}

async function shows(page: Page, path: string): Promise<void> {
    await page.goto(`/#${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('status')).toHaveCount(0);
    // Charts and first answers of the engine.
    await page.waitForTimeout(1_200);
}

/** What axe finds serious, and whether the page is wider than its window. */
async function defects(page: Page): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
    const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    return wide! > window! ? [...found, `${wide} pixels wide in a window of ${window}`] : found;
}
