/**
 * The source files of the tree, as the checks read them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the root of the tree. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths from the root of the tree, or names of packages. */
  readonly imports: readonly string[];
}

/** Files that git knows or would know, so that nothing installed or built is among them. */
export function trackedFiles(): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '');
}

/** Every TypeScript file with what it imports. */
export function readSources(): SourceFile[] {
  return trackedFiles()
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => {
      const text = readTracked(path);
      return text === undefined ? [] : [{ path, text, imports: importsOf(path, text) }];
    });
}

/** Undefined for a file that was removed and is still in the index. */
export function readTracked(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function importsOf(path: string, text: string): string[] {
  const specifiers = text.matchAll(
    /^(?:import|export)\s+(?:type\s+)?(?:(?:\*(?: as \w+)?|\{[^}]*\}|\w+(?:,\s*\{[^}]*\})?)\s+from\s+)?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  );
  return [...specifiers].map(([, imported = '', dynamic = '']) => {
    const specifier = imported === '' ? dynamic : imported;
    return specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
  });
}

/** Whether a file only serves tests. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.includes('/testing/') || path.startsWith('crds/cases/');
}
