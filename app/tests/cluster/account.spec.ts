import { expect, test } from '@playwright/test';
import { accountHolder, confirmed, EXECUTED, figure, pays, prices, pricesRest, quiet } from './support';

// Files run in the order of their names, this one before any liquidation: after one, initial rates are a quarter higher
// for ten minutes, and five times the collateral may be too much.
test('a trader opens, protects, is called, answers, closes and leaves', async ({ page }) => {
    await pricesRest(page);
    await accountHolder(page);
    await pays(page, 'deposit', '10000');

    // While prices stand still the preview has to be what happens, to the cent.
    await prices(page, 'hold?seconds=120');
    await page.goto('/#/trade/SOL');
    // Two publications, until the book holds the price that is held.
    await page.waitForTimeout(4_000);
    await page.getByRole('button', { name: '5×', exact: true }).click();
    const promised = {
        size: await page.getByLabel('Size', { exact: true }).inputValue(),
        price: await page.getByTestId('preview-price').textContent(),
        fee: await page.getByTestId('preview-fee').textContent(),
        leverage: await page.getByTestId('preview-leverage').textContent(),
        health: await figure(page.getByTestId('preview-health')),
        liquidation: Number.parseFloat((await page.getByTestId('preview-liquidation').textContent()) ?? ''),
    };
    await confirmed(page, page.getByRole('button', { name: /^Buy \d/ }));
    await expect(page.getByText(/^Bought/)).toBeVisible({ timeout: EXECUTED });
    await expect(page.getByTestId('own-entry')).toHaveText(promised.price!);
    await expect(page.getByTestId('own-fees')).toHaveText(promised.fee!);
    expect(Number(await figure(page.getByTestId('own-size')))).toBeCloseTo(Number(promised.size), 5);
    // Funding of some seconds is the only thing that has moved.
    expect(await figure(page.getByTestId('own-liquidation'))).toBeCloseTo(promised.liquidation, 1);
    await page.goto('/#/portfolio');
    await expect(page.getByTestId('leverage')).toHaveText(promised.leverage!);
    expect(Math.abs((await figure(page.getByTestId('health'))) - promised.health)).toBeLessThanOrEqual(0.1);
    await prices(page, 'hold?seconds=0');

    // A stop, far below.
    await page.goto('/#/trade/SOL');
    await page.getByRole('button', { name: 'Add a stop' }).click();
    await page.getByLabel('Trigger price').fill('100');
    await confirmed(page, page.getByRole('button', { name: /^Sell \d/ }));
    const stop = page.getByRole('row', { name: /SOL Stop/ });
    await expect(stop).toContainText('100.000');

    // Prices fall: the call appears, with what would end it.
    await page.goto('/#/portfolio');
    await prices(page, 'move?symbol=SOL&percent=-9.5&seconds=10');
    const call = page.getByTestId('margin-call');
    await expect(call).toContainText('Margin call', { timeout: 40_000 });
    await expect(page.getByTestId('state')).toHaveText('Called');
    await pricesRest(page);
    const missing = await figure(page.getByTestId('call-amount'));
    expect(missing).toBeGreaterThan(100);

    // He adds that and a little for the way the price goes meanwhile: the call goes.
    await pays(page, 'deposit', String(Math.ceil(missing) + 200));
    await page.goto('/#/portfolio');
    await expect(page.getByTestId('state')).toHaveText('Healthy');
    await expect(call).toHaveCount(0);

    // He closes, cancels the stop, and takes everything home.
    await page.goto('/#/trade/SOL');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await confirmed(page, page.getByRole('button', { name: /^Sell \d/ }));
    await expect(page.getByText(/^Sold/)).toBeVisible({ timeout: EXECUTED });
    await expect(page.getByTestId('own-side')).toHaveCount(0);
    if (await stop.isVisible()) await confirmed(page, stop.getByRole('button', { name: 'Cancel' }));
    await expect(page.getByText('No order is open.')).toBeVisible();
    await prices(page, 'move?symbol=SOL&percent=10.5&seconds=5');
    await pays(page, 'withdraw', 'most');
    await page.goto('/#/portfolio');
    await expect.poll(() => figure(page.getByTestId('equity'))).toBeLessThan(1);
    await pricesRest(page);
});

test('an isolated position risks its own collateral only', async ({ page }) => {
    await pricesRest(page);
    await accountHolder(page);
    await pays(page, 'deposit', '1000');
    await page.goto('/#/trade/ETH');
    await page.getByLabel('Size', { exact: true }).fill('0.1');
    await page.getByLabel('Isolated: in a margin account of its own').check();
    await page.getByLabel('Collateral').fill('200');
    const promised = await figure(page.getByTestId('preview-health'));
    await confirmed(page, page.getByRole('button', { name: /^Buy \d/ }));
    await expect(page.getByRole('button', { name: 'Margin account Account 2' })).toBeVisible();
    await expect(page.getByTestId('own-side')).toHaveText('Long', { timeout: EXECUTED });
    await page.goto('/#/portfolio');
    await expect(page.getByRole('button', { name: /Margin model: Isolated/ })).toBeVisible();
    expect(Math.abs((await figure(page.getByTestId('health'))) - promised)).toBeLessThan(1);
    expect(await figure(page.getByTestId('equity'))).toBeLessThan(200);
    // The other account holds the rest and no position.
    await page.getByRole('button', { name: 'Margin account Account 2' }).click();
    await page.getByRole('menuitem', { name: /Account 1/ }).click();
    await expect(page.getByTestId('equity')).toHaveText('$800.00');
    await expect(page.getByText('No position is open.')).toBeVisible();
});

test('what the program would refuse is said before anything is signed', async ({ page }) => {
    await accountHolder(page);
    await pays(page, 'deposit', '100');
    await page.goto('/#/money/withdraw');
    await page.getByLabel('Amount').fill('101');
    await expect(page.getByText('More than is safe now')).toBeVisible();
    await expect(page.getByTestId('refusal')).toBeVisible();
    await page.getByRole('button', { name: /^Withdraw \d/ }).click();
    await expect(page.getByText(/refused$/)).toBeVisible();
});

test('one account lends what another borrows and repays', async ({ page }) => {
    await accountHolder(page);
    await pays(page, 'deposit', '20', 'SOL');
    await page.goto('/#/portfolio');
    await confirmed(page, page.getByRole('button', { name: 'Lend SOL' }));
    await expect(page.getByRole('button', { name: 'Stop lending SOL' })).toBeVisible();

    await quiet(page);
    await page.getByRole('button', { name: 'Margin account Account 1' }).click();
    await confirmed(page, page.getByRole('menuitem', { name: 'Open a cross account' }));
    await expect(page.getByRole('button', { name: 'Margin account Account 2' })).toBeVisible();
    await pays(page, 'deposit', '5000');
    const wallet = page.getByTestId('wallet-SOL');
    await pays(page, 'borrow', '2', 'SOL');
    await expect(wallet).toHaveText('482');
    await page.goto('/#/portfolio');
    const debt = page.getByTestId('balance-SOL');
    await expect(debt).toHaveText(/^−2/);
    await page.getByRole('link', { name: 'Repay SOL' }).click();
    await page.getByRole('button', { name: /^Max:/ }).click();
    await confirmed(page, page.getByRole('button', { name: /^Repay \d/ }));
    await page.goto('/#/portfolio');
    // What was offered beyond the debt is some seconds of interest.
    await expect(debt).toHaveText(/^<?0\.0000/);
});
