import { listSupportedBackends } from 'onnxruntime-node';
import type { Precision } from '../graph/graph.ts';

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

/** Whether graphs of a precision may run there, as far as that is known without starting the device. Throws DeviceError. */
export function checkedDevice(device: string, precision: Precision = 'float32'): Device {
  if (!devices.includes(device as Device))
    throw new DeviceError(device, 'there is no such device.', `Choose one of ${devices.join(', ')}.`);
  if (!listSupportedBackends().some((backend) => backend.name === device))
    throw new DeviceError(
      device,
      `onnxruntime-node has no such provider on ${process.platform} ${process.arch}.`,
      remedies[device as Device],
    );
  // The 8-bit operators that our graphs use have kernels in the CPU provider only (decision 7).
  if (precision === 'int8' && device !== 'cpu')
    throw new DeviceError(device, 'precision "int8" is for the CPU.', 'Choose precision "float32", or device "cpu".');
  return device as Device;
}

/** What ONNX Runtime says when a provider's libraries or its hardware are absent, in our words. */
export function deviceFailure(device: Device, cause: unknown): DeviceError {
  const detail = readable(cause instanceof Error ? cause.message : String(cause));
  const reason = `ONNX Runtime could not start it${detail ? ` (${detail})` : ''}.`;
  return new DeviceError(device, reason, remedies[device], { cause });
}

/**
 * The first line of a native message. Many begin with the file, the line and the signature of the function that failed
 * and with what it asserted; of those only the words at their end are for people.
 */
function readable(message: string): string | undefined {
  const line = message.split('\n')[0]!;
  if (!/\.(cc|cpp|cu|h):\d+/.test(line)) return line;
  return (/ was false\. (.+)$/.exec(line) ?? /(\w+ failure \d+: [^;]+?) *;/.exec(line))?.[1];
}
