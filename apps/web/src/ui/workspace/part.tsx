import { Component, type ReactNode } from 'react';
import { t } from '../../texts/en.ts';
import { Button } from '../controls/button.tsx';
import styles from './workspace.module.css';

interface PartProps {
  name: string;
  children: ReactNode;
}

/** A part of the page that fails says so and can be loaded again; the others go on, and no edit is lost. */
export class Part extends Component<PartProps, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const report = `${this.props.name}: ${error.stack ?? error.message}`;
    return (
      <div className={styles.failed} role="alert">
        <p>
          {t.states.partFailed}: {error.message}
        </p>
        <Button small onClick={() => this.setState({ error: undefined })}>
          {t.states.reloadPart}
        </Button>
        <Button small kind="quiet" onClick={() => void navigator.clipboard?.writeText(report)}>
          {t.states.copyReport}
        </Button>
      </div>
    );
  }
}
