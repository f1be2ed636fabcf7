// `npm run example undo`: runs a file of examples/ on a server that is found or started for it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startServer } from './server/index.cjs';

const folder = join(import.meta.dirname, '../examples');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.replace('.mjs', ''));
const name = process.argv[2];

if (names.includes(name)) {
  const server = await startServer();
  try {
    process.env.MONGODB_URI = server.uri;
    await import(pathToFileURL(join(folder, `${name}.mjs`)).href);
  } finally {
    await server.stop();
  }
} else {
  console.error(
    `${name === undefined ? 'Which example?' : `No example is called ${name}.`} There are: ${names.join(', ')}`,
  );
  process.exitCode = 2;
}
