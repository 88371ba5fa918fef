import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server sends `assets/` as immutable: every name in it carries the hash of its content.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    // An inlined picture would need `data:` in more places of the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 1_000,
    reportCompressedSize: false,
  },
});
