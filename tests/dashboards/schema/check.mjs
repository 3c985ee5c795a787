// Type-checks dashboards: node check.mjs board.json ... Prints what is wrong, exits 1 if anything is.
// Nothing is written: each board becomes `const board: Dash = <its JSON>` in memory.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const boards = new Map();
for (const path of process.argv.slice(2)) {
  const json = JSON.stringify(JSON.parse(readFileSync(path, 'utf8')), null, 1);
  const source = `import type { Dash } from './types';\nexport const board: Dash = ${json};\n`;
  boards.set(join(here, `${basename(path, '.json')}.${boards.size}.ts`), { path, source });
}

const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noErrorTruncation: false,
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.fileExists = (name) => boards.has(name) || fileExists(name);
host.readFile = (name) => boards.get(name)?.source ?? readFile(name);
host.getSourceFile = (name, ...rest) =>
  boards.has(name)
    ? ts.createSourceFile(name, boards.get(name).source, rest[0])
    : getSourceFile.call(host, name, ...rest);

const program = ts.createProgram([join(here, 'types.ts'), ...boards.keys()], options, host);
const found = ts.getPreEmitDiagnostics(program);
for (const one of found) {
  const board = one.file && boards.get(one.file.fileName);
  const line = one.file ? one.file.getLineAndCharacterOfPosition(one.start).line : 0;
  const text = one.file ? one.file.text.split('\n')[line].trim() : '';
  const message = ts.flattenDiagnosticMessageText(one.messageText, '\n  ');
  console.log(`${board?.path ?? one.file?.fileName ?? ''}: ${text}\n  ${message}`);
}
console.log(`${boards.size} dashboards, ${found.length} errors`);
process.exit(found.length ? 1 : 0);
