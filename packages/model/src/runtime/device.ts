import { listSupportedBackends } from 'onnxruntime-node';

/** Where the graphs run. */
export type Device = 'cpu' | 'cuda' | 'webgpu';
export const devices: readonly Device[] = ['cpu', 'cuda', 'webgpu'];

const remedies: Record<Device, string> = {
  cpu: 'Reinstall onnxruntime-node: `npm install` in the project folder.',
  cuda:
    'CUDA needs Linux x64 with an NVIDIA driver, CUDA 12 and cuDNN 9, and the CUDA libraries of onnxruntime-node, ' +
    'which an ordinary install leaves out: run `npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12` where ' +
    'NuGet can be reached. Or choose device "cpu".',
  webgpu: 'WebGPU needs a graphics driver with Vulkan, Metal or Direct3D 12. Or choose device "cpu".',
};

/** A device that this machine or this install does not offer. */
export class DeviceError extends Error {
  readonly code = 'device-missing';
  readonly device: string;
  constructor(device: string, reason: string, remedy: string, options?: ErrorOptions) {
    super(`Device "${device}" cannot be used: ${reason} ${remedy}`, options);
    this.name = 'DeviceError';
    this.device = device;
  }
}

export function checkedDevice(device: string): Device {
  if (!devices.includes(device as Device))
    throw new DeviceError(device, 'there is no such device.', `Choose one of ${devices.join(', ')}.`);
  if (!listSupportedBackends().some((backend) => backend.name === device))
    throw new DeviceError(
      device,
      `onnxruntime-node has no such provider on ${process.platform} ${process.arch}.`,
      remedies[device as Device],
    );
  return device as Device;
}

/** What ONNX Runtime says when a provider's libraries or its hardware are absent, in our words. */
export function deviceFailure(device: Device, cause: unknown): DeviceError {
  const detail = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
  return new DeviceError(device, `ONNX Runtime could not start it (${detail}).`, remedies[device], { cause });
}
