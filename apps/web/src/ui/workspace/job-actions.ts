import { wordsOf } from '../../api/http.ts';
import { jobs, people } from '../../api/server.ts';
import { t } from '../../texts/en.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

interface JobAction {
  readonly text: string;
  readonly run: () => void;
}

/** Entries of the top menu below the actions on annotations. */
export function jobActions(
  { job, session, notify }: Pick<WorkspaceDesk, 'job' | 'session' | 'notify'>,
  navigate: (path: string) => void,
): readonly JobAction[] {
  const setState = async (state: 'completed' | 'in progress'): Promise<void> => {
    try {
      await session.flush();
      await jobs.setState(job.id, state);
      // What may be done in the job follows from its state, so it is opened anew.
      location.reload();
    } catch (error) {
      notify({ kind: 'error', text: t.general.serverSays(wordsOf(error)) });
    }
  };
  const signOut = async (): Promise<void> => {
    await session.flush();
    await people.signOut();
    location.assign('/');
  };
  return [
    { text: t.jobMenu.openTask, run: () => navigate(`/tasks/${job.taskId}`) },
    { text: t.topBar.tasks, run: () => navigate('/tasks') },
    job.state === 'completed'
      ? { text: t.jobMenu.renew, run: () => void setState('in progress') }
      : { text: t.jobMenu.finish, run: () => void setState('completed') },
    { text: t.topBar.signOut, run: () => void signOut().catch(() => location.assign('/')) },
  ];
}
