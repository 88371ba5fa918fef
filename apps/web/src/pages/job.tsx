import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { people } from '../api/server.ts';
import { t } from '../texts/en.ts';
import { openDesk } from '../ui/workspace/open-desk.ts';
import { Opening } from '../ui/workspace/opening.tsx';
import { Workspace } from '../ui/workspace/workspace.tsx';
import type { WorkspaceDesk } from '../ui/workspace/workspace-desk.ts';
import { createSettings, type SettingsStore } from '../view/settings.ts';
import { followTheme } from '../view/theme.ts';
import { Failed, Shell } from './shell.tsx';

/** Settings are of the person on this device, not of a job. */
let settings: SettingsStore | undefined;

export default function JobPage() {
  const { job } = useParams<{ job: string }>();
  const [, navigate] = useLocation();
  const self = useQuery({ queryKey: ['self'], queryFn: ({ signal }) => people.self(signal), staleTime: 300_000 });
  const [desk, setDesk] = useState<WorkspaceDesk>();
  const [error, setError] = useState<unknown>();
  const [step, setStep] = useState(t.states.opening);
  const [attempt, setAttempt] = useState(0);
  const user = self.data?.id;
  settings ??= createSettings(storage());

  useEffect(() => (settings ? followTheme(settings) : undefined), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt opens the job again
  useEffect(() => {
    if (user === undefined || !settings) return;
    const query = new URLSearchParams(location.search);
    const numberOf = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
    let opened: WorkspaceDesk | undefined;
    let isLeft = false;
    setError(undefined);
    openDesk({
      job: Number(job),
      user,
      settings,
      frame: numberOf('frame'),
      object: numberOf('object'),
      onStep: setStep,
      navigate,
    }).then(
      (found) => {
        opened = found;
        if (isLeft) found.close();
        else setDesk(found);
      },
      (reason: unknown) => !isLeft && setError(reason),
    );
    return () => {
      isLeft = true;
      opened?.close();
      setDesk(undefined);
    };
  }, [user, job, attempt]);

  if (error !== undefined || self.error) {
    return (
      <Shell title={t.topBar.job(Number(job))}>
        <Failed error={error ?? self.error} retry={() => setAttempt((count) => count + 1)} />
      </Shell>
    );
  }
  return desk ? <Workspace key={desk.job.id} desk={desk} /> : <Opening step={step} />;
}

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
