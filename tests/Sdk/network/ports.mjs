import { createServer } from 'node:net';

// Below the ports that systems give to outgoing connections: a process that is started again needs its port to be still free.
const first = 15_000;
const afterLast = 32_000;

/** Finds `count` ports that nobody listens on at the loopback address, all different. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = first + Math.floor(Math.random() * (afterLast - first));
    if (!ports.has(port) && await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
