/** A picture with some structure, so that movement and single pixels are seen. */
export async function paintedFrame({ width, height }: { width: number; height: number }): Promise<ImageBitmap> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, '#4d6f94');
  sky.addColorStop(0.6, '#b9c8cf');
  sky.addColorStop(0.61, '#6f7a5e');
  sky.addColorStop(1, '#39402f');
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  let seed = 7;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  for (let i = 0; i < 60; i++) {
    context.fillStyle = `hsl(${random() * 360} 35% ${25 + random() * 45}%)`;
    context.beginPath();
    context.ellipse(random() * width, random() * height, 20 + random() * 90, 20 + random() * 60, random() * 3, 0, 7);
    context.fill();
  }
  return createImageBitmap(canvas);
}
