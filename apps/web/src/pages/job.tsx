import { Shell } from './shell.tsx';

export default function JobPage() {
  return <Shell title="Job">…</Shell>;
}
