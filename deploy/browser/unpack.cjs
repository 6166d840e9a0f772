// Unpacks the packed Chromium beside this file into the folder given as the first argument.
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { execFileSync } = require('node:child_process');

const source = path.join(__dirname, 'node_modules', '@sparticuz', 'chromium', 'bin');
const target = process.argv[2];
fs.mkdirSync(target, { recursive: true });
for (const archive of ['al2023.tar', 'fonts.tar', 'swiftshader.tar']) {
  const file = path.join(target, archive);
  fs.writeFileSync(file, zlib.brotliDecompressSync(fs.readFileSync(path.join(source, `${archive}.br`))));
  execFileSync('tar', ['xf', file, '-C', target]);
  fs.unlinkSync(file);
}
const browser = path.join(target, 'chromium');
fs.writeFileSync(`${browser}.part`, zlib.brotliDecompressSync(fs.readFileSync(path.join(source, 'chromium.br'))), { mode: 0o755 });
fs.renameSync(`${browser}.part`, browser);
