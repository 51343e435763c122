// A local cluster at fixed ports: JSON-RPC at --rpc-port, its web socket at --ws-port.
//
// The node picks ports of its own, so two plain TCP relays stand before it; CORS headers are the node's.
// It is offline, starts empty, makes a slot every --slot-ms of real time, and keeps nothing when it stops.

import { createRequire } from 'node:module';
import { createConnection, createServer } from 'node:net';
import { parseArgs } from 'node:util';

const DRAIN_EVERY_MS = 20;

const usage = `usage: node node.mjs [--rpc-port 8899] [--ws-port 8900] [--host 127.0.0.1] [--slot-ms 200] [--with-stdin]
  --with-stdin  stop when standard input is closed, as it is when whoever started this process dies`;

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

function integer(name, text, most) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    fail(`--${name}: expected a whole number from 1 to ${most}, found ${text}`);
  }
  return value;
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        'rpc-port': { type: 'string', default: '8899' },
        'ws-port': { type: 'string', default: '8900' },
        host: { type: 'string', default: '127.0.0.1' },
        'slot-ms': { type: 'string', default: '200' },
        'with-stdin': { type: 'boolean', default: false },
      },
    });
    return {
      rpcPort: integer('rpc-port', values['rpc-port'], 65_535),
      wsPort: integer('ws-port', values['ws-port'], 65_535),
      slotMs: integer('slot-ms', values['slot-ms'], 60_000),
      host: values.host,
      withStdin: values['with-stdin'],
    };
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

function load() {
  try {
    return createRequire(import.meta.url)('@solana/surfpool-linux-x64-gnu').Surfnet;
  } catch (error) {
    const reason = error.message.split('\n')[0];
    return fail(`the node cannot be loaded: run npm ci in ${import.meta.dirname}, on Linux on x86-64 (${reason})`);
  }
}

function relay(host, port, target) {
  const { hostname, port: behind } = new URL(target);
  const server = createServer((outer) => {
    const inner = createConnection(Number(behind), hostname);
    for (const [from, to] of [[outer, inner], [inner, outer]]) {
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  return new Promise((resolve) => {
    server.on('error', (error) => {
      fail(
        error.code === 'EADDRINUSE'
          ? `port ${port} is taken: is another node running? --rpc-port and --ws-port choose others`
          : `cannot listen at ${host}:${port}: ${error.message}`,
      );
    });
    server.listen(port, host, () => resolve(server));
  });
}

const { rpcPort, wsPort, host, slotMs, withStdin } = options();
const node = load().startWithConfig({
  offline: true,
  blockProductionMode: 'clock',
  slotTimeMs: slotMs,
});

// The node reports what it does into a queue of some hundred places and stands still for good once it is full.
setInterval(() => node.drainEvents(), DRAIN_EVERY_MS);

await relay(host, rpcPort, node.rpcUrl);
await relay(host, wsPort, node.wsUrl);

function stop() {
  node.stop();
  process.exit(0);
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
if (withStdin) {
  process.stdin.on('end', stop).on('close', stop).resume();
}
console.log(`local cluster ready: http://${host}:${rpcPort} and ws://${host}:${wsPort}`);
