export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly sideEffects?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
};

/**
 * Returns the package.json of an installed package: entries are built files with their declarations, and what only a clone
 * needs is left out.
 *   beside   folders and files beside `src` that are shipped
 *   hasCode  false: the package is files alone, such as the built page
 */
export function installedManifest(manifest: Manifest, beside: readonly string[], hasCode: boolean): object {
  const { name, version, description, exports = {}, bin, sideEffects, dependencies } = manifest;
  const entries = Object.entries(exports).map(([entry, file]) => [entry, hasCode ? built(file) : file]);
  return {
    name,
    version,
    description: description ?? 'Part of Roto: video labeling with SAM 2.',
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=22' },
    files: [...(hasCode ? ['src'] : []), ...beside, 'LICENSE'],
    exports: { ...Object.fromEntries(entries), './package.json': './package.json' },
    ...(bin && { bin }),
    ...(sideEffects !== undefined && { sideEffects }),
    // The page is shipped built: what it was built from is not installed.
    ...(hasCode && dependencies && { dependencies }),
  };
}

function built(file: string): object | string {
  if (!file.endsWith('.ts')) return file;
  const stem = file.slice(0, -'.ts'.length);
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
