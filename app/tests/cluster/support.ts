/** What every test on a cluster needs: a visitor with a wallet of his own, and a hand on the prices. */

import { expect, type Locator, type Page } from '@playwright/test';
import { randomBytes } from 'node:crypto';

/** Seconds in which a keeper executes an order: its delay, and some. */
export const EXECUTED = 60_000;

/** The test wallet of a new key; the page connects it when it loads. */
export async function visitor(page: Page): Promise<void> {
    const seed = randomBytes(32).toString('hex');
    await page.addInitScript((kept) => {
        localStorage.setItem('plimsoll.test-wallet', kept);
        localStorage.setItem('plimsoll.wallet', 'Test wallet');
    }, seed);
}

/** Fills the wallet from the faucet and opens a margin account. */
export async function accountHolder(page: Page): Promise<void> {
    await visitor(page);
    await page.goto('/#/portfolio');
    await page.getByRole('button', { name: 'Get test tokens' }).click();
    await expect(page.getByText('Test tokens are in your wallet')).toBeVisible();
    await page.getByRole('button', { name: 'Open a margin account' }).click();
    await expect(page.getByTestId('state')).toHaveText('Healthy');
}

/** Pays quote in, out, or whatever the action is. */
export async function pays(
    page: Page,
    action: 'deposit' | 'withdraw' | 'borrow',
    amount: string,
    symbol?: string,
): Promise<void> {
    await page.goto(`/#/money/${action}`);
    if (symbol) {
        await page.getByRole('combobox', { name: 'Token' }).click();
        await page.getByRole('option', { name: symbol }).click();
    }
    if (amount === 'most') await page.getByRole('button', { name: /^Max:/ }).click();
    else await page.getByLabel('Amount').fill(amount);
    await confirmed(page, page.getByRole('button', { name: new RegExp(`^${action} \\d`, 'i') }));
}

/** Takes away what was said so far. */
export async function quiet(page: Page): Promise<void> {
    const dismiss = page.getByRole('button', { name: 'Dismiss' });
    const pressed = () =>
        dismiss
            .first()
            .click({ timeout: 2_000 })
            .catch(() => {});
    for (let tried = 0; (await dismiss.count()) > 0; tried += 1) {
        if (tried === 20) throw new Error('expected what was said to go when it is dismissed');
        await pressed();
    }
}

/** Presses a button whose transaction is confirmed. */
export async function confirmed(page: Page, button: Locator): Promise<void> {
    await quiet(page);
    await button.click();
    await expect(page.getByText('Confirmed.')).toBeVisible();
}

/** Chooses a leverage on the trade screen and buys; the keeper executes it. */
export async function goesLong(page: Page, symbol: string, leverage: string): Promise<void> {
    await page.goto(`/#/trade/${symbol}`);
    await page.getByRole('button', { name: leverage, exact: true }).click();
    await confirmed(page, page.getByRole('button', { name: /^Buy \d/ }));
    await expect(page.getByTestId('own-side')).toHaveText('Long', { timeout: EXECUTED });
}

/** Asks the cluster's prices for something: `hold?seconds=60`, `move?symbol=SOL&percent=-5`. */
export async function prices(page: Page, wish: string): Promise<void> {
    const answer = await page.request.post(`/${wish}`);
    expect(answer.ok(), await answer.text()).toBe(true);
}

/** Waits until prices rest, whoever moved them. */
export async function pricesRest(page: Page): Promise<void> {
    const state = async () => {
        const { playing } = (await (await page.request.get('/healthz')).json()) as { playing: { state: string } };
        return playing.state;
    };
    if ((await state()) === 'hold') await prices(page, 'hold?seconds=0');
    await expect.poll(state, { timeout: 120_000 }).toBe('idle');
}

/** A figure of the screen as a number. */
export async function figure(locator: Locator): Promise<number> {
    const text = (await locator.textContent()) ?? '';
    const number = Number(
        text
            .replace(/[$,×%+]/g, '')
            .replace('−', '-')
            .trim(),
    );
    expect(Number.isNaN(number), `expected a number, found ${text}`).toBe(false);
    return number;
}
