import { describe, expect, test } from 'vitest';
import { checkedDevice, DeviceError, deviceFailure } from './device.ts';

describe('devices', () => {
  test('cpu is always there', () => expect(checkedDevice('cpu')).toBe('cpu'));

  test('an unknown device names the known ones', () => {
    expect(() => checkedDevice('tpu')).toThrow(
      'Device "tpu" cannot be used: there is no such device. Choose one of cpu, cuda, webgpu.',
    );
  });

  test.each(['cuda', 'webgpu'])('8-bit products are for the cpu, and not for %s', (device) => {
    expect(checkedDevice('cpu', 'int8')).toBe('cpu');
    // Where onnxruntime-node has no such provider, that is said first.
    expect(() => checkedDevice(device, 'int8')).toThrow(/"int8" is for the CPU.*"float32"|no such provider/);
  });

  test('source paths and signatures of native code stay in the cause', () => {
    const cases = [
      [
        '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::' +
          'Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == ' +
          'wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters',
        'could not start it (Failed to get a WebGPU adapter: No supported adapters).',
      ],
      [
        '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 bool onnxruntime::CudaCall(ERRTYPE) CUDA failure ' +
          '100: no CUDA-capable device is detected ; GPU=0 ; hostname=h ; file=/onnxruntime_src/x.cc ; line=282',
        'could not start it (CUDA failure 100: no CUDA-capable device is detected).',
      ],
      ['/a/b.cc:1 void f() [ONNXRuntimeError] x == y', 'could not start it. '],
    ] as const;
    for (const [native, said] of cases) {
      const error = deviceFailure('webgpu', new Error(native));
      expect(error.message).toContain(said);
      expect(error.message).not.toMatch(/\.cc|::/);
      expect((error.cause as Error).message).toBe(native);
    }
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
