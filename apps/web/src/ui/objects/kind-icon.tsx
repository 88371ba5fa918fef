import {
  Bone,
  Box,
  Brush,
  Circle,
  Crosshair,
  FileDown,
  Hexagon,
  type LucideIcon,
  Spline,
  Square,
  Tag,
  User,
  WandSparkles,
} from 'lucide-react';
import { t } from '../../texts/en.ts';
import styles from './objects.module.css';

const KINDS: Readonly<Record<string, LucideIcon>> = {
  rectangle: Square,
  ellipse: Circle,
  polygon: Hexagon,
  polyline: Spline,
  points: Crosshair,
  mask: Brush,
  skeleton: Bone,
  cuboid: Box,
  tag: Tag,
};

export function KindIcon({ kind, isTrack }: { kind: string; isTrack: boolean }) {
  const Icon = KINDS[kind] ?? Hexagon;
  const name = `${t.objects.kinds[kind] ?? kind}${isTrack ? ` ${t.tools.track.toLowerCase()}` : ''}`;
  return (
    <span className={styles.kind} title={name} data-track={isTrack || undefined}>
      <Icon size={14} aria-hidden />
      <span className="visually-hidden">{name}</span>
    </span>
  );
}

const SOURCES: Readonly<Record<string, LucideIcon>> = { person: User, tracker: WandSparkles, import: FileDown };

export function SourceIcon({ source }: { source: string }) {
  const Icon = SOURCES[source] ?? User;
  const name = t.objects.sources[source as keyof typeof t.objects.sources] ?? source;
  return (
    <span className={styles.source} title={name}>
      <Icon size={12} aria-hidden />
      <span className="visually-hidden">{name}</span>
    </span>
  );
}
