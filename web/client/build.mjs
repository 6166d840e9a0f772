// Bundles the pages' scripts and styles into web/static/dist, and puts the fonts of printed pages beside them.
import { build } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, '..', 'static', 'dist');
const packages = path.join(here, '..', '..', 'node_modules');

await build({
  entryPoints: ['app.js', 'diagram.js', 'map.js', 'designer.js', 'form_editor.js', 'table_editor.js', 'compare.js', 'app.css', 'designer.css', 'form_editor.css', 'table_editor.css'].map((name) => path.join(here, name)),
  outdir: dist,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file' },
  assetNames: 'assets/[name]-[hash]',
  legalComments: 'linked',
  logLevel: 'warning',
});

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
