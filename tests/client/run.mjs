// Runs the tests of web/client with node's own runner. Each is bundled first, as the pages' scripts are, since the editors' packages name their files without endings.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = await mkdtemp(path.join(tmpdir(), 'gridflow-client-'));
const names = (await readdir(here)).filter((name) => name.endsWith('.test.js'));

await build({
  entryPoints: names.map((name) => path.join(here, name)),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  mainFields: ['module', 'main'],
  format: 'esm',
  sourcemap: 'inline',
  loader: { '.form': 'json' },
  logLevel: 'warning',
});
const tests = names.map((name) => path.join(outdir, name.replace(/\.js$/, '.mjs')));
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=dot', ...tests], { stdio: 'inherit' });
await rm(outdir, { recursive: true });
process.exitCode = status ?? 1;
