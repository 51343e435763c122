import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Prices, faucet and the app's configuration of a local cluster. */
const CLUSTER = process.env.PLIMSOLL_CLUSTER ?? 'http://127.0.0.1:8901';
const proxy = Object.fromEntries(['/config.json', '/faucet', '/v1'].map((path) => [path, CLUSTER]));

export default defineConfig({
    // Paths relative to the page: the build is served from any folder of any host.
    base: './',
    plugins: [react()],
    // The client has the same package in a folder of its own.
    resolve: { dedupe: ['@solana/kit'] },
    build: { target: 'es2022', manifest: true },
    server: { proxy, fs: { allow: ['..'] } },
});
