// Bundles the pages' scripts and styles into web/static/dist.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));

await build({
  entryPoints: ['app.js', 'diagram.js', 'app.css'].map((name) => path.join(here, name)),
  outdir: path.join(here, '..', 'static', 'dist'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file' },
  assetNames: 'assets/[name]-[hash]',
  legalComments: 'linked',
  logLevel: 'warning',
});
