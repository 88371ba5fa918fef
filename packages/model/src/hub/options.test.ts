import { expect, test } from 'vitest';
import { hubOptionsFromEnv } from './options.ts';

test('without variables: the places and the server of huggingface_hub', () => {
  expect(hubOptionsFromEnv({ HOME: '/home/ada' })).toEqual({
    endpoint: 'https://huggingface.co',
    cacheDir: '/home/ada/.cache/huggingface/hub',
    tokenFile: '/home/ada/.cache/huggingface/token',
    offline: false,
    timeoutMs: 20_000,
    attempts: 6,
    backoffMs: 500,
  });
});

test.each<[Record<string, string>, object]>([
  [{ HF_HOME: '/data/hf' }, { cacheDir: '/data/hf/hub', tokenFile: '/data/hf/token' }],
  [{ HF_HOME: '~/models' }, { cacheDir: '/home/ada/models/hub' }],
  [{ HF_HOME: '$DISK/hf', DISK: '/mnt' }, { cacheDir: '/mnt/hf/hub' }],
  [{ XDG_CACHE_HOME: '/var/cache' }, { cacheDir: '/var/cache/huggingface/hub' }],
  [
    { HF_HOME: '/data/hf', HF_HUB_CACHE: '/fast' },
    { cacheDir: '/fast', tokenFile: '/data/hf/token' },
  ],
  [{ HUGGINGFACE_HUB_CACHE: '/old' }, { cacheDir: '/old' }],
  [{ HF_HUB_CACHE: '/new', HUGGINGFACE_HUB_CACHE: '/old' }, { cacheDir: '/new' }],
  [{ HF_TOKEN: ' hf_abc\n' }, { token: 'hf_abc' }],
  [{ HUGGING_FACE_HUB_TOKEN: 'hf_old' }, { token: 'hf_old' }],
  [{ HF_TOKEN_PATH: '/secrets/hf' }, { tokenFile: '/secrets/hf' }],
  [{ HF_ENDPOINT: 'https://mirror.example/' }, { endpoint: 'https://mirror.example' }],
  [{ HF_HUB_OFFLINE: '1' }, { offline: true }],
  [{ HF_HUB_OFFLINE: 'true' }, { offline: true }],
  [{ HF_HUB_OFFLINE: '0' }, { offline: false }],
  [{ TRANSFORMERS_OFFLINE: 'yes' }, { offline: true }],
  [{ HF_HUB_DOWNLOAD_TIMEOUT: '90' }, { timeoutMs: 90_000 }],
  [{ HF_HUB_DOWNLOAD_TIMEOUT: 'soon' }, { timeoutMs: 20_000 }],
  [
    { https_proxy: 'http://proxy:3128', NO_PROXY: 'localhost' },
    { proxy: { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost' } },
  ],
])('%j', (env, expected) => {
  expect(hubOptionsFromEnv({ HOME: '/home/ada', ...env })).toMatchObject(expected);
});

test('an implicit token can be switched off', () => {
  expect(hubOptionsFromEnv({ HOME: '/home/ada', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).not.toHaveProperty('tokenFile');
});
