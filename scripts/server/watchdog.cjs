// @ts-check
'use strict';

// node watchdog.cjs <pid> <folder>...: waits for the end of standard input, which comes when the process that holds the
// other end dies, and then ends the server and removes its folders.
const { rmSync } = require('node:fs');

const [, , pid, ...folders] = process.argv;

process.stdin.on('end', () => {
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It is gone already.
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit();
});
process.stdin.resume();
