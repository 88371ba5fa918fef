import { useQuery } from '@tanstack/react-query';
import { t } from '../../texts/en.ts';
import { readTrackers, type Tracker } from '../../tracking/runs.ts';

const NONE: readonly Tracker[] = [];

/** Functions that follow objects, with their agents; asked again while somebody looks. */
export function useTrackers(): { trackers: readonly Tracker[]; isLoading: boolean; error: unknown } {
  const { data, isLoading, error } = useQuery({
    queryKey: ['trackers'],
    queryFn: ({ signal }) => readTrackers(signal),
    refetchInterval: 15_000,
    staleTime: 5_000,
  });
  return { trackers: data ?? NONE, isLoading, error };
}

/** Functions of agents carry a prefix, as in CVAT; a serverless one shows its own name. */
export function trackerTitle({ name, provider }: Pick<Tracker, 'name' | 'provider'>): string {
  return provider === 'nuclio' ? name : t.actionDialog.tracker(name);
}
