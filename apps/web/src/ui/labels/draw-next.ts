import type { Desk } from '../../commands/desk.ts';

/** The label of what is drawn next; remembered for the task. */
export function drawNext(desk: Desk & { job?: { taskId: number } }, label: number): void {
  const color = desk.labels.color(label);
  desk.view.setState(({ options }) => ({ options: { ...options, label, color } }));
  if (!desk.job) return;
  const task = String(desk.job.taskId);
  desk.settings.setState(({ labels }) => ({ labels: { ...labels, [task]: label } }));
}
