import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { describeMediaStore } from '../testing/store-contract.ts';
import { openFolderStore } from './folder-store.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'roto-store-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
describeMediaStore('folder', () => openFolderStore(path.join(folder, 'media')));
