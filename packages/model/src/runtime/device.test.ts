import { describe, expect, test } from 'vitest';
import { checkedDevice, DeviceError, deviceFailure } from './device.ts';

describe('devices', () => {
  test('cpu is always there', () => expect(checkedDevice('cpu')).toBe('cpu'));

  test('an unknown device names the known ones', () => {
    expect(() => checkedDevice('tpu')).toThrow(
      'Device "tpu" cannot be used: there is no such device. Choose one of cpu, cuda, webgpu.',
    );
  });

  test('a provider that does not start keeps the cause and says what to do', () => {
    const cause = new Error('Failed to load shared library\nmore');
    const error = deviceFailure('cuda', cause);
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.cause).toBe(cause);
    expect(error.message).toContain('(Failed to load shared library)');
    expect(error.message).toMatch(/NVIDIA driver.*choose device "cpu"/);
  });
});
