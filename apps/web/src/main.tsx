import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Tooltip } from 'radix-ui';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { Redirect, Route, Switch } from 'wouter';
import { ApiError } from './api/http.ts';
import { Crash } from './pages/crash.tsx';
import { Loading, Shell } from './pages/shell.tsx';
import { t } from './texts/en.ts';
import './ui/theme.css';

const SignIn = lazy(() => import('./pages/sign-in.tsx'));
const Start = lazy(() => import('./pages/start.tsx'));
const TaskList = lazy(() => import('./pages/task-list.tsx'));
const CreateTask = lazy(() => import('./pages/create/create-task.tsx'));
const Task = lazy(() => import('./pages/task.tsx'));
const JobPage = lazy(() => import('./pages/job.tsx'));

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: toSignIn }),
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      staleTime: 2_000,
    },
  },
});

/** Who is not signed in, signs in and comes back. The workspace asks in a dialog, so as not to leave what is unsaved. */
function toSignIn(error: Error): void {
  const { pathname, search } = location;
  if (!(error instanceof ApiError && error.status === 401) || pathname === '/sign-in') return;
  if (/\/jobs\/\d+$/.test(pathname) && document.querySelector('[data-workspace]')) return;
  location.assign(`/sign-in?to=${encodeURIComponent(pathname + search)}`);
}

createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Tooltip.Provider delayDuration={400}>
        <Crash>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/sign-in" component={SignIn} />
              <Route path="/start" component={Start} />
              <Route path="/tasks/new" component={CreateTask} />
              <Route path="/tasks/:task/jobs/:job" component={JobPage} />
              <Route path="/jobs/:job" component={JobPage} />
              <Route path="/tasks/:task" component={Task} />
              <Route path="/tasks" component={TaskList} />
              <Route path="/">
                <Redirect to="/tasks" replace />
              </Route>
              <Route>
                <Shell title={t.pages.notFound}>
                  <h1>{t.pages.notFound}</h1>
                  <p>
                    <a href="/tasks">{t.pages.toTasks}</a>
                  </p>
                </Shell>
              </Route>
            </Switch>
          </Suspense>
        </Crash>
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
