import { defineConfig } from '@playwright/test';

/** The app as a running cluster serves it. */
const baseURL = process.env.PLIMSOLL_APP ?? 'http://127.0.0.1:8901';
/** Debian's browser, or the one that is named. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
    testDir: 'tests',
    // The tests of a cluster share its prices.
    workers: 1,
    timeout: 240_000,
    // Prices, a keeper and a node are shared with whatever else the machine does.
    retries: 1,
    expect: { timeout: 20_000 },
    reporter: [['list']],
    use: {
        baseURL,
        actionTimeout: 30_000,
        viewport: { width: 1440, height: 900 },
        launchOptions: { executablePath, args: ['--no-sandbox'] },
        trace: 'retain-on-failure',
    },
    projects: [
        { name: 'units', testDir: 'tests/units' },
        { name: 'cluster', testDir: 'tests/cluster' },
    ],
});
