// Bundles the pages' scripts and styles into web/static/dist, and puts the fonts of printed pages beside them.
// A bundle's name holds a hash of its content, so that a browser keeps it for good; names.json tells the names.
// Beside each file that gets smaller lies what a browser may take instead, compressed with Brotli and with gzip.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import path from 'node:path';
import zlib from 'node:zlib';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, '..', 'static', 'dist');
const packages = path.join(here, '..', '..', 'node_modules');

const { metafile } = await build({
  entryPoints: ['app.js', 'diagram.js', 'map.js', 'case_map.js', 'point_map.js', 'area_map.js', 'case_map.css', 'area_map.css', 'designer.js', 'form_editor.js', 'table_editor.js', 'compare.js', 'app.css', 'designer.css', 'form_editor.css', 'table_editor.css'].map((name) => path.join(here, name)),
  outdir: dist,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file', '.png': 'file' },
  entryNames: '[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
  metafile: true,
  legalComments: 'linked',
  logLevel: 'warning',
});

const outputs = Object.entries(metafile.outputs).map(([file, { entryPoint }]) => [path.resolve(file), entryPoint]);
const names = outputs
  .filter(([, entryPoint]) => entryPoint)
  .map(([file, entryPoint]) => [path.basename(entryPoint), path.relative(dist, file)]);
await writeFile(path.join(dist, 'names.json'), JSON.stringify(Object.fromEntries(names), null, 1));
await Promise.all(outputs.map(([file]) => compress(file)));

// A server of the release before may still give its own bundles: they go a week later.
const WEEK = 7 * 24 * 3600 * 1000;
for (const entry of await readdir(dist, { withFileTypes: true })) {
  const file = path.join(dist, entry.name);
  if (entry.isFile() && Date.now() - (await stat(file)).mtimeMs > WEEK) {
    await rm(file);
  }
}

async function compress(file) {
  const content = await readFile(file);
  // The last step of Brotli takes ten times as long: it is for what a page of the daily work loads.
  const quality = content.length < 700_000 ? 11 : 9;
  const smaller = {
    '.br': await brotli(content, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: quality } }),
    '.gz': await gzip(content, { level: 9 }),
  };
  for (const [ending, bytes] of Object.entries(smaller)) {
    if (bytes.length < content.length * 0.9) {
      await writeFile(file + ending, bytes);
    }
  }
}

await mkdir(path.join(dist, 'fonts'), { recursive: true });
for (const file of [
  '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  '@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf',
  '@expo-google-fonts/noto-serif-tibetan/400Regular/NotoSerifTibetan_400Regular.ttf',
  '@expo-google-fonts/noto-emoji/400Regular/NotoEmoji_400Regular.ttf',
]) {
  await copyFile(path.join(packages, file), path.join(dist, 'fonts', path.basename(file)));
}
await copyFile(
  path.join(packages, '@fontsource/unifontex/files/unifontex-latin-400-normal.woff'),
  path.join(dist, 'fonts', 'UnifontEX.woff'),
);
